"""`python -m tools.sheet`: many brands on one picture, each piece proofread."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from cli.shared.rendering import CliPieceRenderer
from generation.outputs import RenderingProgress
from generation.proofreading.fault import ProofreadingFault
from tests.cli.conftest import decoded, refused
from tools.sheet import sheet

pytestmark = pytest.mark.usefixtures("elsewhere")

TIDELINE = {"name": "Tideline", "taglines": ["Know the tide before you go"], "logo": "logo.png"}


def run(*words: str) -> Result:
    return CliRunner().invoke(sheet, words)


def brands(folder: Path, *lines: dict[str, Any]) -> str:
    Image.new("RGB", (300, 300), (20, 90, 160)).save(folder / "logo.png")
    (folder / "brands.jsonl").write_text("\n".join(map(json.dumps, lines)))
    return "brands.jsonl"


def test_every_piece_is_on_the_sheet(elsewhere: Path) -> None:
    path = brands(elsewhere, TIDELINE, {**TIDELINE, "name": "Seaflow"})
    result = decoded(run(path, "--formats", "image", "--out", "out", "--json"))
    assert [(piece["brand"], piece["faults"]) for piece in result["pieces"]] == [("Tideline", []), ("Seaflow", [])]
    with Image.open(elsewhere / "out" / "sheet.jpg") as sheet:
        assert sheet.height > 2 * 300
    assert (elsewhere / "out" / "002-Seaflow-image" / "image-1.jpg").exists()


def test_a_brand_without_words_is_a_row_of_the_table(elsewhere: Path) -> None:
    path = brands(elsewhere, {"name": "Mute"})
    result = run(path, "--formats", "image", "--out", "out")
    assert result.exit_code == 1
    assert "BRAND_LACKS_WORDS" in result.stdout


def test_a_broken_piece_is_a_row_and_the_next_brand_is_drawn(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = CliPieceRenderer.render_into_and_yield_progress

    def break_first(self: CliPieceRenderer, folder: Path) -> Iterator[RenderingProgress]:
        if folder.name.startswith("001"):
            raise ZeroDivisionError("offset below 0")
        return drawn(self, folder)

    monkeypatch.setattr(CliPieceRenderer, "render_into_and_yield_progress", break_first)
    path = brands(elsewhere, TIDELINE, {**TIDELINE, "name": "Seaflow"})
    result = run(path, "--formats", "image", "--out", "out", "--json")
    assert result.exit_code == 1
    [broken, next_piece] = json.loads(result.stdout)["pieces"]
    assert [(fault["rule"], fault["found"]) for fault in broken["faults"]] == [
        ("RENDERER_BROKE", "ZeroDivisionError: offset below 0")
    ]
    assert next_piece["faults"] == []


def test_a_fault_sets_the_exit_code(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    faults = [ProofreadingFault(place="hook", rule="claim", found="best")]
    monkeypatch.setattr("generation.proofreading.read.find_piece_faults", lambda *_: faults)
    path = brands(elsewhere, TIDELINE)
    result = run(path, "--formats", "image", "--out", "out")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[1].split() == ["Tideline", "image", "hook", "claim", "best"]


@pytest.mark.parametrize(
    ("line", "formats", "code"),
    [("{", "image", "SPEC_NOT_JSON"), ("{}", "image", "VALIDATION"), ("", "poster", "VALIDATION")],
)
def test_an_unreadable_file_is_refused(elsewhere: Path, line: str, formats: str, code: str) -> None:
    (elsewhere / "brands.jsonl").write_text(line)
    result = run("brands.jsonl", "--formats", formats, "--out", "out", "--json")
    assert refused(result, 2 if code == "VALIDATION" else 1)["code"] == code
