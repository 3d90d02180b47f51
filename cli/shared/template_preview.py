"""Preview of a template file: decks of a sample brand in each aspect, and a page that shows them."""

import io
from collections.abc import Sequence
from html import escape
from importlib import import_module
from pathlib import Path
from typing import NamedTuple, get_args

from PIL import Image, ImageDraw

from cli.shared.rendering import convert_os_errors_to_generation_errors
from generation import libraries
from generation.copy.write import write_piece_copy
from generation.outputs import RenderedFile, list_output_warnings
from generation.spec import AspectRatio, BrandSnapshot, PieceSpec, PieceTemplate
from schemas.pictures import PictureRole

#: Page with all slides of a preview.
PREVIEW_INDEX_FILE_NAME = "index.html"
#: Sample brand: an invented one.
SAMPLE_BRAND = BrandSnapshot(
    name="Tideline",
    taglines=["Know the tide before you go"],
    descriptions=[
        "See high and low water for each day. It works without a connection. No account is needed.",
        "It warns you before the water comes.",
    ],
    keywords=["tide times", "harbour maps", "offline charts", "moon phases"],
    colors=["#0b6e99", "#ffd166"],
    links={"website": "https://tideline.example"},
    language="en",
)
#: Sizes and colors of the sample photos.
_SAMPLE_PHOTOS: Sequence[tuple[tuple[int, int], tuple[int, int, int]]] = (
    ((1600, 1200), (70, 120, 150)),
    ((1200, 1600), (190, 150, 110)),
    ((1500, 1500), (90, 130, 90)),
)
#: Size and colors of the sample screenshots.
_SAMPLE_SCREEN_SIZE = (780, 1688)
_SAMPLE_SCREEN_COLORS = ((240, 244, 250), (24, 28, 36))
_BANDS_OF_A_PICTURE = 12


class TemplatePreviewFiles(NamedTuple):
    """Slides of a preview, and its warnings."""

    files: list[RenderedFile]
    warnings: list[str]


def draw_template_preview(source: str, out: Path) -> TemplatePreviewFiles:
    """Draw a deck of the sample brand in each aspect into subfolders of `out`, and write the page that shows them.

    Raises `GenerationError`, also for a template that exceeds its limits.
    """
    libraries.require_drawing_libraries()
    drawing = import_module("generation.render")
    photos = [_draw_sample_picture(*photo) for photo in _SAMPLE_PHOTOS]
    screens = [_draw_sample_picture(_SAMPLE_SCREEN_SIZE, color) for color in _SAMPLE_SCREEN_COLORS]
    roles: list[PictureRole | None] = ["photo" for _ in photos]
    roles += ["screenshot" for _ in screens]
    given = drawing.PieceInputFiles(screenshots=[*photos, *screens])
    files: list[RenderedFile] = []
    warnings: list[str] = []
    rows: list[str] = []
    aspects: tuple[AspectRatio, ...] = get_args(AspectRatio)
    with convert_os_errors_to_generation_errors():
        for aspect in aspects:
            spec = PieceSpec(
                format="slideshow",
                brand=SAMPLE_BRAND,
                seed="1",
                aspect=aspect,
                picture_roles=roles,
                template=PieceTemplate(id="preview", name="the template", version=1, html=source),
            )
            folder = out / aspect.replace(":", "x")
            folder.mkdir(parents=True, exist_ok=True)
            piece = drawing.prepare_piece(spec, write_piece_copy(spec), given)
            made = [step.made for step in piece.render_files_and_yield_progress(folder) if step.made]
            files += made
            warnings += [f"{aspect}: {warning}" for warning in list_output_warnings(spec, made)]
            rows.append(_build_row(aspect, folder.name, made))
        (out / PREVIEW_INDEX_FILE_NAME).write_text(_build_page(rows), encoding="utf-8")
    return TemplatePreviewFiles(files, warnings)


def _draw_sample_picture(size: tuple[int, int], color: tuple[int, int, int]) -> bytes:
    """Return a picture with bands of about one color as JPEG."""
    image = Image.new("RGB", size, color)
    draw = ImageDraw.Draw(image)
    for band in range(0, _BANDS_OF_A_PICTURE, 2):
        top = size[1] * band // _BANDS_OF_A_PICTURE
        bottom = top + size[1] // _BANDS_OF_A_PICTURE
        draw.rectangle((0, top, size[0], bottom), fill=(color[0] * 9 // 10, color[1] * 9 // 10, color[2]))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=90)
    return file.getvalue()


def _build_row(aspect: str, folder: str, made: Sequence[RenderedFile]) -> str:
    slides = "".join(f'<img src="{escape(folder)}/{escape(one.name)}" height="420">' for one in made)
    return f"<h2>{escape(aspect)}</h2><p>{slides}</p>"


def _build_page(rows: Sequence[str]) -> str:
    return f'<!doctype html><meta charset="utf-8"><title>Template</title>{"".join(rows)}\n'
