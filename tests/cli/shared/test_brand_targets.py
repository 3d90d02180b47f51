"""Targets of `tenantry brand extract`: classified by their form, and read like their ingest."""

import json
from pathlib import Path

import pytest

from cli.shared.brand_targets import BrandTarget, CliBrandWebPageTarget, CliRepositoryTarget, classify_brand_target
from domain.brand.store_listings import AppStoreListingRef, GooglePlayListingReference
from schemas.errors import InvalidValue
from tests.cli.conftest import Tenantry, decoded, refused
from tests.workers.ingest.github.github_server import Repo, serve_github
from tests.workers.ingest.llm import endpoint as llm
from tests.workers.web.web import raw_response, serve

SLACK = AppStoreListingRef(by="id", value="618783545", country="us")
HELLO = CliRepositoryTarget("octocat/hello")


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("https://example.com/", CliBrandWebPageTarget("https://example.com/")),
        ("example.com/about", CliBrandWebPageTarget("https://example.com/about")),
        ("octocat/hello", HELLO),
        ("https://github.com/octocat/hello/tree/main/docs", HELLO),
        ("https://github.com/octocat", CliBrandWebPageTarget("https://github.com/octocat")),
        ("https://octocat.github.io/hello", CliBrandWebPageTarget("https://octocat.github.io/hello")),
        ("https://apps.apple.com/us/app/slack/id618783545?mt=8", SLACK),
        ("itms-apps://itunes.apple.com/us/app/id618783545", SLACK),
        ("market://details?id=com.acme", GooglePlayListingReference(package="com.acme")),
        ("page.html", Path("page.html")),
        ("pages/1.gz", Path("pages/1.gz")),
        ("/pages/of/acme", Path("/pages/of/acme")),
    ],
)
def test_a_target_is_classified_by_its_form(text: str, target: BrandTarget) -> None:
    assert classify_brand_target(text, allowed={}) == target


def test_an_existing_file_is_not_a_repository(elsewhere: Path) -> None:
    (elsewhere / "octocat").mkdir()
    (elsewhere / "octocat" / "hello").write_text("<p>")
    assert classify_brand_target("octocat/hello", allowed={}) == Path("octocat/hello")


@pytest.mark.parametrize(
    "text", ["", "acme", "http://127.0.0.1/", "ftp://a.test/", "https://apps.apple.com/us/developer/id1"]
)
def test_an_unclassifiable_target_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        classify_brand_target(text, allowed={})


async def test_a_repository_is_read(tenantry: Tenantry, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = Repo(
        "octocat/hello",
        files={"README.md": b"# Hello\n\nHello greets the people of your team each morning, by name."},
        about={"description": "Greets your team by name"},
    )
    async with serve_github(repo) as served:
        monkeypatch.setenv("GITHUB_API_URL", served.base)
        monkeypatch.setenv("GITHUB_TOKEN", "ghp_secret")
        extraction = decoded(await tenantry("brand", "extract", "octocat/hello", "--json"))
        missing = refused(await tenantry("brand", "extract", "octocat/gone", "--json"), 1)
    assert extraction["url"] == "https://github.com/octocat/hello"
    assert extraction["fields"]["appName"]["value"] == "Hello"
    assert extraction["fields"]["appDescription"]["value"] == "Greets your team by name"
    assert missing["code"] == "SOURCE_NOT_FOUND"
    assert {headers["authorization"] for _, headers in served.asked} == {"Bearer ghp_secret"}


SOFTWARE = {
    "wrapperType": "software",
    "trackId": 618783545,
    "trackName": "Slack: Where work happens",
    "trackViewUrl": "https://apps.apple.com/us/app/slack/id618783545?uo=4",
    "description": "Slack brings your team together, wherever you are.",
    "genres": ["Business"],
}
LOOKUP = json.dumps({"resultCount": 1, "results": [SOFTWARE]})


async def test_an_app_is_read_without_a_database(
    tenantry: Tenantry, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lookup_path = "/lookup?id=618783545&country=us"
    async with serve({lookup_path: raw_response(body=LOOKUP, content_type="text/javascript")}) as site:
        for name in ("ITUNES_API_URL", "APP_STORE_URL", "PLAY_URL"):
            monkeypatch.setenv(name, site.url(""))
        target = "https://apps.apple.com/us/app/slack/id618783545"
        extraction = decoded(await tenantry("brand", "extract", target, "--json"))
    assert extraction["fields"]["appName"]["value"] == "Slack"
    assert extraction["fields"]["tagline"]["value"] == "Where work happens"
    assert [warning.partition(":")[0] for warning in extraction["warnings"]] == ["subtitle_missing"]


async def test_a_throttled_store_is_reported_at_once(
    tenantry: Tenantry, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serve({"/lookup?id=618783545&country=us": raw_response(403)}) as site:
        monkeypatch.setenv("ITUNES_API_URL", site.url(""))
        target = "https://apps.apple.com/us/app/id618783545"
        assert refused(await tenantry("brand", "extract", target, "--json"), 1)["code"] == "SOURCE_RATE_LIMITED"


PAGE = "<title>Acme — Invoices that send themselves</title><main>" + "".join(
    f"<p>{passage.text}</p>" for passage in llm.PASSAGES
)


async def test_derived_fields_show_their_evidence(
    tenantry: Tenantry, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (elsewhere / "page.html").write_text(PAGE)
    async with llm.serve(llm.completion(llm.GOOD), llm.completion("no"), llm.completion("no")) as model:
        monkeypatch.setenv("LLM_BASE_URL", model.url)
        monkeypatch.setenv("LLM_MODEL", "gpt-test")
        shown = await tenantry("brand", "extract", "page.html", "--url", "acme.test")
        failed = await tenantry("brand", "extract", "page.html", "--url", "acme.test")
    assert shown.exit_code == failed.exit_code == 0, shown.output + failed.output
    lines = shown.stdout.splitlines()
    rests_on = lines.index(next(line for line in lines if line.split() == ["FIELD", "RESTS", "ON"]))
    assert any("Freelance designers." in line and " llm " in line for line in lines[:rests_on])
    assert any("“Built for freelance designers”" in line for line in lines[rests_on:])
    assert "! llm_invalid_output: " in failed.stdout


async def test_an_invalid_url_of_files_is_refused(tenantry: Tenantry, elsewhere: Path) -> None:
    (elsewhere / "page.html").write_text(PAGE)
    error = refused(await tenantry("brand", "extract", "page.html", "--url", "ftp://acme.test", "--json"), 2)
    assert error["code"] == "VALIDATION"


@pytest.mark.parametrize(
    ("name", "value"), [("LLM_BASE_URL", "http://127.0.0.1:1/v1"), ("TENANTRY_FETCH_ALLOW", "localhost")]
)
async def test_incomplete_settings_are_reported(
    tenantry: Tenantry, elsewhere: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    (elsewhere / "page.html").write_text(PAGE)
    monkeypatch.setenv(name, value)
    assert refused(await tenantry("brand", "extract", "page.html", "--json"), 5)["code"] == "SETTINGS"
