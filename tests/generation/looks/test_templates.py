"""Pieces in a partner's template: drawn like our looks, with the same checks, limits and last resort."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from generation.looks.lint import lint_template
from generation.outputs import PLAIN_LOOK_NAME, RenderedFile, list_output_warnings
from generation.render import PieceInputFiles, prepare_piece
from generation.spec import PieceSpec, PieceTemplate
from tests.generation.looks.templates import TEMPLATE, template
from tests.generation.looks.test_deck import draw_deck, material, spec
from tests.generation.slides.test_deck import copy

ID = "tpl_0196"
SAID = copy("Works offline", "No ads at all", "Warns you early")


def own(html: str = TEMPLATE, **changes: Any) -> PieceSpec:
    return spec(template=PieceTemplate(id=ID, name="harbour", version=3, html=html), **changes)


def codes(asked: PieceSpec, tmp_path: Path) -> tuple[set[str | None], list[str]]:
    """Draw a piece; return the looks of its files and the codes of their warnings."""
    piece = prepare_piece(asked, SAID, PieceInputFiles())
    made = [step.made for step in piece.render_files_and_yield_progress(tmp_path) if step.made]
    return {one.look for one in made}, [one.partition(":")[0] for one in list_output_warnings(asked, made)]


def test_a_template_stands_before_our_looks_and_shows_all_points(tmp_path: Path) -> None:
    drawn = draw_deck(own(), SAID, material(photos=3), "9:16")
    words = " ".join(mark.text for slide in drawn.slides for mark in slide.marks)
    assert drawn.look.name == ID
    assert all(point.text in words for point in SAID.points)
    assert codes(own(), tmp_path) == ({ID}, [])


@pytest.mark.parametrize(
    "html",
    [
        template(**{'data-box="850x640"': 'data-box="60x30"'}),
        template(**{"photos=0": "photos=4"}),
        template(**{"color:var(--on-deep)": "color:var(--deep)"}),
        template(style=".head{display:none}"),
        template(style=".head{clip-path:inset(0 50% 0 0)}"),
        template(style=".in{width:300px;overflow:hidden}"),
        template(style=".in{transform:scale(.2)}"),
        template(
            style=".bar{position:absolute;left:200px;top:0;width:420px;height:1350px;background:var(--accent)}"
        ).replace("</section>", '<div class="bar"></div></section>'),
    ],
    ids=["no room", "no photos", "no contrast", "hidden", "clipped", "cut off", "small", "covered"],
)
def test_another_look_stands_in_with_a_warning(html: str, tmp_path: Path) -> None:
    assert lint_template(html) == []
    looks, warned = codes(own(html), tmp_path)
    assert ID not in looks
    assert warned[0] == "template_unused"


def test_the_plain_look_has_a_warning() -> None:
    plain = RenderedFile(
        name="", thumbnail="", mime_type="", width=1, height=1, size_bytes=1, sha256="", shown=[], look=PLAIN_LOOK_NAME
    )
    [warning] = list_output_warnings(spec(), [plain])
    assert warning.startswith("look_plain: ")


def test_a_spec_with_a_template_survives_its_storage() -> None:
    assert msgspec.json.decode(msgspec.json.encode(own()), type=PieceSpec) == own()
