"""`tenantry brand extract`: pages from the web and from files, for people and for programs."""

from pathlib import Path

import msgspec
import pytest

from tests.cli.conftest import Tenantry, decoded
from tests.workers.web.web import raw_response, serve

HTML = "<title>Zap — Draw what you say</title><meta name=description content='Zap draws for everyone.'>"

pytestmark = pytest.mark.usefixtures("elsewhere")


@pytest.fixture
def page(elsewhere: Path) -> Path:
    path = elsewhere / "page.html"
    path.write_text(HTML)
    return path


async def test_a_page_is_fetched_and_shown_as_a_table(tenantry: Tenantry, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serve({"/": raw_response(body=HTML)}) as site:
        monkeypatch.setenv("TENANTRY_FETCH_ALLOW", site.host)
        result = await tenantry("brand", "extract", site.url())
    assert result.exit_code == 0, result.output
    assert "Zap — Draw what you say" in result.stdout
    line = next(line for line in result.stdout.splitlines() if line.startswith("tagline"))
    assert line.split() == ["tagline", "Draw", "what", "you", "say", "0.80", "html.title.rest", site.url()]


async def test_a_file_is_read_as_the_page_at_url(tenantry: Tenantry, page: Path) -> None:
    extraction = decoded(await tenantry("brand", "extract", str(page), "--url", "https://acme.com/", "--json"))
    assert extraction["target"] == str(page)
    assert extraction["url"] == "https://acme.com/"
    assert extraction["fields"]["appName"]["value"] == "Zap"
    assert [other["value"] for other in extraction["fields"]["appName"]["alternatives"]] == ["Acme"]


async def test_a_failed_target_does_not_stop_the_others(tenantry: Tenantry, page: Path) -> None:
    result = await tenantry("brand", "extract", str(page), "no.html", "http://127.0.0.1:1/", str(page), "--json")
    assert result.exit_code == 2
    assert [msgspec.json.decode(line)["target"] for line in result.stdout.splitlines()] == [str(page)] * 2
    errors = [msgspec.json.decode(line)["error"] for line in result.stderr.splitlines()]
    assert [error["code"] for error in errors] == ["VALIDATION", "VALIDATION"]
