"""Web app manifests and /llms.txt in their real forms."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.workers.ingest.page.pages import page
from workers.ingest.choose import choose_brand_findings
from workers.ingest.page import llms, manifest
from workers.ingest.shapes import FetchedLlmsTxt, FetchedWebManifest

URL = "https://acme.test/m"


def manifest_values(manifest_or_bytes: Any) -> dict[str, Any]:
    """Return candidates by field; `manifest_or_bytes` is a manifest, or its bytes."""
    body = manifest_or_bytes if isinstance(manifest_or_bytes, bytes) else json.dumps(manifest_or_bytes).encode()
    return {
        candidate.field: candidate.value
        for candidate in manifest.parse_web_manifest(FetchedWebManifest(url=URL, body=body)).candidates
    }


def test_values_of_a_manifest() -> None:
    members = {
        "name": " Zap ",
        "description": "Draws what <b>you</b> say.",
        "lang": "de_de",
        "categories": ["Art", "fun"],
    }
    assert manifest_values(members) == {
        "appName": "Zap",
        "appDescription": "Draws what you say.",
        "primaryLanguage": "de-DE",
        "keywords": ["art", "fun"],
    }


@pytest.mark.parametrize(
    ("members", "name"),
    [
        ({"name": "Zap - Draw what you say", "short_name": "Z"}, "Zap"),
        ({"name": "The drawing program that listens to all that you say", "short_name": "Zap"}, "Zap"),
        ({"name": "", "short_name": "Zap"}, "Zap"),
        ({"name": "App", "short_name": "Zap"}, "Zap"),
        ({"name": ["Zap"], "short_name": None}, None),
        ({"name": "x" * 50}, None),
        ([{"name": "Zap"}], None),
        ({"name": "Paint all that you want", "short_name": "Zap"}, "Zap"),
        ({"name": "Paint your day!", "short_name": "Zap"}, "Zap"),
    ],
)
def test_too_long_manifest_names_are_skipped(members: Any, name: str | None) -> None:
    assert manifest_values(members).get("appName") == name


@given(
    domain=some.from_regex(r"[A-Za-z]{2,10}\.(?:com|de|co\.uk|io)", fullmatch=True),
    title=some.sampled_from(["Zap", "Zap | Draw what you say", "Draw what you say and more of it"]),
)
def test_a_domain_as_manifest_name_never_wins_over_a_title(domain: str, title: str) -> None:
    url = f"https://{domain.lower()}/"
    candidates = page(f"<title>{title}</title>", url).candidates
    reading = manifest.parse_web_manifest(FetchedWebManifest(url=url, body=json.dumps({"name": domain}).encode()))
    assert str(choose_brand_findings([*candidates, *reading.candidates])["appName"].value) in title


@pytest.mark.parametrize("body", [b"", b"null", b"[", b"\xff\xfe", b"[" * 200_000, b'{"a":' * 50_000, b"<html>"])
def test_an_invalid_manifest_gives_nothing(body: bytes) -> None:
    assert manifest_values(body) == {}


def llms_values(text: str) -> dict[str, Any]:
    return {
        candidate.field: candidate.value
        for candidate in llms.parse_llms_txt(FetchedLlmsTxt(url=URL, body=text.encode())).candidates
    }


LLMS = "\ufeff# Zap — docs\r\n\r\n> Zap **draws** what\r\n> you [say](https://x.test/). It is fast.\r\n"
DRAWS = {"appDescription": "Zap draws what you say. It is fast.", "tagline": "Zap draws what you say."}
WITHOUT_HEADING = ("", "User-agent: *", "<h1>Zap</h1>", "## Zap", "#Zap", "#", "> Zap draws it.")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (LLMS, {"appName": "Zap"} | DRAWS),
        # A quotation in a section is no summary.
        ("# Zap\n\n## Voices\n> Best drawings that I ever saw.", {"appName": "Zap"}),
        *((text, {}) for text in WITHOUT_HEADING),
    ],
)
def test_values_of_llms_txt(text: str, values: dict[str, str]) -> None:
    assert llms_values(text) == values


@given(some.binary(max_size=300), some.text(max_size=300))
def test_any_document_is_read(body: bytes, text: str) -> None:
    manifest_values(body)
    manifest.parse_web_manifest(
        FetchedWebManifest(url=URL, body=json.dumps({"name": text, "lang": text, "description": text}).encode())
    )
    for candidate in llms.parse_llms_txt(
        FetchedLlmsTxt(url=URL, body=f"# {text}\n> {text}".encode("utf-8", "replace"))
    ).candidates:
        assert candidate.value
