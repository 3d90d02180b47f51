"""`tenantry bench pages`: CPU of saved pages, next to a peer in turn."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.cli.conftest import Tenantry, decoded
from tools.bench import page_cpu

PAGE = b"<html lang='en'><title>Acme - Notes for teams</title><h1>Notes for teams</h1><p>Acme keeps your notes.</p>"


@pytest.fixture
def saved_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("acme+notes.html", "zap.about.html"):
        (tmp_path / name).write_bytes(PAGE)
    monkeypatch.setattr(page_cpu, "warm_up_parsers", lambda: None)
    return tmp_path


async def test_each_page_is_read_by_both_in_each_round(
    tenantry: Tenantry, saved_pages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls: list[str] = []

    def read(body: bytes, *, url: str, **_: Any) -> None:
        assert body == PAGE
        urls.append(url)
        sum(range(10_000))

    monkeypatch.setitem(sys.modules, "trafilatura", SimpleNamespace(bare_extraction=read))
    answer = decoded(await tenantry("bench", "pages", str(saved_pages), "--json"))
    assert urls[1:] == ["https://acme-notes.com/", "https://zap.com/"] * page_cpu.PAGE_CPU_ROUNDS
    cpu_ms = answer["details"]["page_cpu_ms"]
    assert answer["page_cpu_p50_ms"] == cpu_ms["ours"]["p50"] > cpu_ms["extraction"]["p50"] > 0
    assert answer["details"]["machine"]["pages"] == 2


async def test_a_missing_peer_and_an_empty_folder_are_named(
    tenantry: Tenantry, saved_pages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    result = await tenantry("bench", "pages", str(saved_pages))
    assert result.exit_code == 2
    assert "pip install trafilatura" in result.stderr
    (saved_pages / "empty").mkdir()
    assert "no saved pages" in (await tenantry("bench", "pages", str(saved_pages / "empty"))).stderr
