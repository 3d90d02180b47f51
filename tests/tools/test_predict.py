"""`python -m tools.predict`: a prediction for each page of a corpus."""

import gzip
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from tests.cli.conftest import refused
from tools.predict import main

HTML = "<title>Zap — Draw what you say</title><meta name=description content='Zap draws for everyone.'>"

pytestmark = pytest.mark.usefixtures("elsewhere")


def run(corpus: str) -> Result:
    return CliRunner().invoke(main, [corpus])


def test_a_corpus_is_predicted_line_by_line(elsewhere: Path) -> None:
    (elsewhere / "pages").mkdir()
    (elsewhere / "pages" / "1.gz").write_bytes(gzip.compress(HTML.encode()))
    (elsewhere / "2.html").write_text("<html lang=de><title>Über uns | Acme</title>")
    cases: list[dict[str, Any]] = [
        {"id": "a/1", "url": "https://zap.test/", "file": "1.gz", "expected": {}},
        {"id": "a/2", "url": "https://acme.com/about", "file": "2.html"},
    ]
    (elsewhere / "cases.jsonl").write_bytes(b"\n".join(map(msgspec.json.encode, cases)))
    result = run("cases.jsonl")
    assert result.exit_code == 0, result.output
    assert [msgspec.json.decode(line) for line in result.stdout.splitlines()] == [
        {"id": "a/1", "title": HTML[7:30], "name": "Zap", "description": "Zap draws for everyone."},
        {"id": "a/2", "title": "Über uns", "name": "Acme", "language": "de"},
    ]


def test_an_unreadable_case_does_not_stop_the_others(elsewhere: Path) -> None:
    (elsewhere / "cases.jsonl").write_text(
        '{"id": "1", "url": "https://acme.test/", "file": "gone.html"}\n\n'
        '{"id": "2", "url": "https://acme.test/", "file": "2.html"}\n'
    )
    (elsewhere / "2.html").write_text("<title>Acme</title>")
    result = run("cases.jsonl")
    assert result.exit_code == 1
    assert [msgspec.json.decode(line)["id"] for line in result.stdout.splitlines()] == ["1", "2"]
    assert result.stderr.startswith("1: ")
    assert "gone.html" in result.stderr


@pytest.mark.parametrize("line", ["{", '{"id": "1"}', "[]", "\udcff"])
def test_an_invalid_case_is_reported_with_its_line(elsewhere: Path, line: str) -> None:
    good = b'{"id": "1", "url": "https://acme.test/", "file": "1.html"}\n'
    (elsewhere / "cases.jsonl").write_bytes(good + line.encode(errors="surrogateescape"))
    error = refused(run("cases.jsonl"), 2)
    assert error["code"] == "VALIDATION"
    assert "cases.jsonl:2" in error["message"]
