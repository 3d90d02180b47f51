"""`tenantry brand extract`: pages from the web and from files, for people and for programs."""

import gzip
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.cli.conftest import Tenantry, decoded, refused
from tests.workers.web.web import raw_response, serve

HTML = "<title>Zap — Draw what you say</title><meta name=description content='Zap draws for everyone.'>"

pytestmark = pytest.mark.usefixtures("elsewhere")


@pytest.fixture
def page(elsewhere: Path) -> Path:
    path = elsewhere / "page.html"
    path.write_text(HTML)
    return path


async def test_a_page_is_fetched_and_shown_as_a_table(
    tenantry: Tenantry, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serve({"/": raw_response(body=HTML)}) as site:
        monkeypatch.setenv("TENANTRY_FETCH_ALLOW", site.host)
        result = await tenantry("brand", "extract", site.url())
    assert result.exit_code == 0, result.output
    assert "Zap — Draw what you say" in result.stdout
    line = next(line for line in result.stdout.splitlines() if line.startswith("tagline"))
    assert line.split() == ["tagline", "Draw", "what", "you", "say", "0.80", "html.title.rest", site.url()]


async def test_a_file_is_read_as_the_page_at_url(tenantry: Tenantry, page: Path) -> None:
    extraction = decoded(
        await tenantry("brand", "extract", str(page), "--url", "https://acme.com/", "--json")
    )
    assert extraction["target"] == str(page)
    assert extraction["url"] == "https://acme.com/"
    assert extraction["fields"]["appName"]["value"] == "Zap"
    assert [other["value"] for other in extraction["fields"]["appName"]["alternatives"]] == ["Acme"]


async def test_a_failed_target_does_not_stop_the_others(tenantry: Tenantry, page: Path) -> None:
    result = await tenantry(
        "brand", "extract", str(page), "no.html", "http://127.0.0.1:1/", str(page), "--json"
    )
    assert result.exit_code == 2
    assert [msgspec.json.decode(line)["target"] for line in result.stdout.splitlines()] == [str(page)] * 2
    errors = [msgspec.json.decode(line)["error"] for line in result.stderr.splitlines()]
    assert [error["code"] for error in errors] == ["VALIDATION", "VALIDATION"]


@pytest.mark.parametrize("words", [(), ("page.html", "--cases", "page.html")])
async def test_targets_and_a_corpus_exclude_each_other(
    tenantry: Tenantry, page: Path, words: tuple[str, ...]
) -> None:
    assert (await tenantry("brand", "extract", *words)).exit_code == 2


async def test_a_corpus_is_predicted_line_by_line(tenantry: Tenantry, elsewhere: Path) -> None:
    (elsewhere / "pages").mkdir()
    (elsewhere / "pages" / "1.gz").write_bytes(gzip.compress(HTML.encode()))
    (elsewhere / "2.html").write_text("<html lang=de><title>Über uns | Acme</title>")
    cases: list[dict[str, Any]] = [
        {"id": "a/1", "url": "https://zap.test/", "file": "1.gz", "expected": {}},
        {"id": "a/2", "url": "https://acme.com/about", "file": "2.html"},
    ]
    (elsewhere / "cases.jsonl").write_bytes(b"\n".join(map(msgspec.json.encode, cases)))
    result = await tenantry("brand", "extract", "--cases", "cases.jsonl")
    assert result.exit_code == 0, result.output
    assert [msgspec.json.decode(line) for line in result.stdout.splitlines()] == [
        {"id": "a/1", "title": HTML[7:30], "name": "Zap", "description": "Zap draws for everyone."},
        {"id": "a/2", "title": "Über uns", "name": "Acme", "language": "de"},
    ]


async def test_an_unreadable_case_does_not_stop_the_others(tenantry: Tenantry, elsewhere: Path) -> None:
    (elsewhere / "cases.jsonl").write_text(
        '{"id": "1", "url": "https://acme.test/", "file": "gone.html"}\n\n'
        '{"id": "2", "url": "https://acme.test/", "file": "2.html"}\n'
    )
    (elsewhere / "2.html").write_text("<title>Acme</title>")
    result = await tenantry("brand", "extract", "--cases", "cases.jsonl")
    assert result.exit_code == 1
    assert [msgspec.json.decode(line)["id"] for line in result.stdout.splitlines()] == ["1", "2"]
    assert result.stderr.startswith("1: ")
    assert "gone.html" in result.stderr


@pytest.mark.parametrize("line", ["{", '{"id": "1"}', "[]", "\udcff"])
async def test_an_invalid_case_is_reported_with_its_line(
    tenantry: Tenantry, elsewhere: Path, line: str
) -> None:
    good = b'{"id": "1", "url": "https://acme.test/", "file": "1.html"}\n'
    (elsewhere / "cases.jsonl").write_bytes(good + line.encode(errors="surrogateescape"))
    error = refused(await tenantry("brand", "extract", "--cases", "cases.jsonl", "--json"), 2)
    assert error["code"] == "VALIDATION"
    assert "cases.jsonl:2" in error["message"]
