"""Proofreader of pictures: compares a piece's files and drawn texts with its copy."""

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import uharfbuzz as hb
from PIL import Image, ImageFilter

from generation.outputs import MeasuredDrawnTextLine, RenderedFile
from generation.proofreading.fault import ProofreadingFault
from generation.spec import PieceCopy, PieceSpec

#: Picture size, and left, top, right and bottom of the safe zone for texts, by aspect.
SIZE_AND_SAFE_ZONE_BY_ASPECT = {
    "4:5": ((1080, 1350), (40, 40, 1040, 1310)),
    "1:1": ((1080, 1080), (36, 36, 1044, 1044)),
    "9:16": ((1080, 1920), (80, 269, 944, 1536)),
}
#: Minimum contrast of text (WCAG 2.2, 1.4.3).
MIN_TEXT_CONTRAST = 4.5
#: Minimum font size that is legible on a phone.
MIN_LEGIBLE_FONT_SIZE_PX = 22
#: Share of the font size by which lines of one text may overlap.
_MAX_TEXT_LINE_OVERLAP_EM = 0.35
_FONT_PACKAGES = ("fontpkg_inter", "fontpkg_cairo", "fontpkg_amiri", "manimgx_fonts", "justmytype_intl_cjk")
#: Signs that slides add to texts: the page of a deck, arrows, a quotation mark.
_SLIDE_SIGNS = "/→←“”「–"
LuminanceMap: TypeAlias = npt.NDArray[np.float64]

#: Pixels of ground around a text.
_TEXT_BACKGROUND_MARGIN_PX = 6
#: Percentage of the ground that is ignored.
_BACKGROUND_PERCENT_IGNORED_IN_CONTRAST = 2.0
#: Pixels of the letters' blurred edges.
_IGNORED_LETTER_EDGE_PX = 7
#: Smallest range of luminance in a box with text.
_MIN_LUMINANCE_RANGE = 1e-4
#: Bins of the luminance histogram.
_TEXT_LUMINANCE_BIN_COUNT = 64


def find_picture_faults(
    made: Sequence[RenderedFile], folder: Path, spec: PieceSpec, copy: PieceCopy
) -> list[ProofreadingFault]:
    """Return all faults of a piece's pictures and videos, and of the texts that they show."""
    wrong = (
        ProofreadingFault(place=one.name, rule=rule, found=found)
        for one in made
        for rule, found in _find_output_file_faults(one, folder, spec)
    )
    return [*wrong, *_find_shown_text_and_copy_mismatches(made, spec, copy)]


def _find_output_file_faults(made: RenderedFile, folder: Path, spec: PieceSpec) -> Iterator[tuple[str, str]]:
    is_picture = made.mime_type == "image/jpeg"
    size, zone = SIZE_AND_SAFE_ZONE_BY_ASPECT[spec.aspect or ("4:5" if is_picture else "9:16")]
    if (made.width, made.height) != size:
        yield "size", f"{made.width} x {made.height}"
    for text in made.shown:
        yield from _find_text_layout_faults(text, zone)
    if is_picture:
        yield from _find_contrast_faults(made, folder)
        yield from _find_text_overlaps(made.shown)


def _find_contrast_faults(made: RenderedFile, folder: Path) -> Iterator[tuple[str, str]]:
    with Image.open(folder / made.name) as image:
        for text in made.shown:
            measured = measure_text_box_contrast(image, text.box)
            if measured < MIN_TEXT_CONTRAST:
                yield "contrast", f"{text.text}: {measured:.2f}"


def _find_text_layout_faults(text: MeasuredDrawnTextLine, zone: tuple[int, int, int, int]) -> Iterator[tuple[str, str]]:
    left, top, right, bottom = text.box
    if left < zone[0] or top < zone[1] or right > zone[2] or bottom > zone[3]:
        yield "zone", f"{text.text}: {text.box}"
    if text.size < MIN_LEGIBLE_FONT_SIZE_PX:
        yield "small", f"{text.text}: {text.size} pixels"
    if text.is_cut:
        yield "cut", text.text
    if lacking := sorted({char for char in text.text if _is_inked_character(char)} - _characters_in_our_fonts()):
        yield "glyph", f"{text.text}: {' '.join(lacking)}"


def _find_text_overlaps(shown: Sequence[MeasuredDrawnTextLine]) -> Iterator[tuple[str, str]]:
    for one, other in itertools.combinations(shown, 2):
        across = min(one.box[2], other.box[2]) - max(one.box[0], other.box[0])
        down = min(one.box[3], other.box[3]) - max(one.box[1], other.box[1])
        allowed = _MAX_TEXT_LINE_OVERLAP_EM * one.size if one.name == other.name else 0
        if across > 0 and down > allowed:
            yield "overlap", f"{one.text} / {other.text}"


def _is_inked_character(char: str) -> bool:
    return unicodedata.category(char)[0] in "LNPS"


@cache
def _characters_in_our_fonts() -> frozenset[str]:
    """Return the characters that at least one of our fonts covers."""
    paths = (path for package in _FONT_PACKAGES for path in Path(str(files(package))).rglob("*.ttf"))
    faces = (hb.Face(hb.Blob.from_file_path(str(path))) for path in paths)
    return frozenset(chr(one) for face in faces for one in face.unicodes)


def _find_shown_text_and_copy_mismatches(
    made: Sequence[RenderedFile], spec: PieceSpec, copy: PieceCopy
) -> Iterator[ProofreadingFault]:
    """Yield a fault for each file that shows a text that the copy lacks, and for a hook or point that no file shows."""
    fixed = (copy.labels.swipe, copy.labels.save, copy.labels.about, copy.labels.presenter, spec.brand.name)
    lines = [copy.hook, *copy.points, copy.recap, copy.call_to_action, copy.ending, *copy.places, copy.tagline]
    lines += [copy.chip, copy.place, copy.quote, *copy.items]
    names = [spec.presenter.name] if spec.presenter else []
    allowed = [_strip_blanks_and_hyphens(text) for text in (*fixed, *names, *(line.text for line in lines if line))]
    everything = ""
    for one in made:
        shown = _strip_blanks_and_hyphens("".join(text.text for text in one.shown))
        everything += shown
        if unknown := _remove_copy_texts_from_shown_text(shown, allowed).strip("0123456789" + _SLIDE_SIGNS):
            yield ProofreadingFault(place=one.name, rule="unsaid", found=unknown)
    required = [copy.hook, *(copy.points if spec.format in {"slideshow", "video"} else [])]
    yield from (
        ProofreadingFault(place=spec.format, rule="missing", found=line.text)
        for line in required
        if _strip_blanks_and_hyphens(line.text) not in everything
    )


def _remove_copy_texts_from_shown_text(text: str, allowed: Iterable[str]) -> str:
    for one in sorted(filter(None, allowed), key=len, reverse=True):
        text = text.replace(one, "\0")
    return text.replace("\0", "")


def _strip_blanks_and_hyphens(text: str) -> str:
    """Return a text in NFKC, without blanks, hyphens, middle dots and invisible characters."""
    plain = (char for char in unicodedata.normalize("NFKC", text) if unicodedata.category(char)[0] != "C")
    return re.sub(r"[\s\ufe0e\ufe0f·-]", "", "".join(plain))


def measure_text_box_contrast(image: Image.Image, box: tuple[int, int, int, int]) -> float:
    """Return the WCAG contrast ratio of the text in a box of a picture to its ground; 1.0 without text.

    The worst 2 % of the ground's pixels are ignored.
    """
    around = (
        box[0] - _TEXT_BACKGROUND_MARGIN_PX,
        box[1] - _TEXT_BACKGROUND_MARGIN_PX,
        box[2] + _TEXT_BACKGROUND_MARGIN_PX,
        box[3] + _TEXT_BACKGROUND_MARGIN_PX,
    )
    light = _compute_luminance_of_each_pixel(image.crop(_clip_box_to_image(around, image)))
    if float(np.ptp(light)) < _MIN_LUMINANCE_RANGE:
        return 1.0
    edge = np.concatenate([light[:3].ravel(), light[-3:].ravel(), light[:, :3].ravel(), light[:, -3:].ravel()])
    middle = _find_text_luminance_threshold(light)
    is_dark = float(np.median(np.concatenate([one.ravel() for one in edge]))) > middle
    text = light < middle if is_dark else light > middle
    near = Image.fromarray(text.astype(np.uint8) * 255).filter(ImageFilter.MaxFilter(_IGNORED_LETTER_EDGE_PX))
    ground = light[np.asarray(near) == 0]
    if not text.any() or not len(ground):
        return 1.0
    letters = float(np.percentile(light[text], 25 if is_dark else 75))
    worst = float(
        np.percentile(
            ground,
            _BACKGROUND_PERCENT_IGNORED_IN_CONTRAST if is_dark else 100 - _BACKGROUND_PERCENT_IGNORED_IN_CONTRAST,
        )
    )
    high, low = max(letters, worst), min(letters, worst)
    return (high + 0.05) / (low + 0.05)


def _clip_box_to_image(box: tuple[int, int, int, int], image: Image.Image) -> tuple[int, int, int, int]:
    return max(0, box[0]), max(0, box[1]), min(image.width, box[2]), min(image.height, box[3])


def _compute_luminance_of_each_pixel(image: Image.Image) -> LuminanceMap:
    """Return the relative luminance of each pixel of an image (WCAG 2.2)."""
    share = np.asarray(image.convert("RGB"), np.float64) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722]), np.float64)


def _find_text_luminance_threshold(light: LuminanceMap) -> float:
    """Return the luminance threshold that separates text from ground best (N. Otsu, 1979).

    Luminance is compared by its cube root, a perceptual scale: steps of dark pixels count as much as those of
    light pixels.
    """
    seen = np.cbrt(light)
    counts, edges = np.histogram(seen, _TEXT_LUMINANCE_BIN_COUNT)
    centers = (edges[1:] + edges[:-1]) / 2
    below, mass = np.cumsum(counts), np.cumsum(counts * centers)
    above = below[-1] - below
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = below * above * (mass / below - (mass[-1] - mass) / above) ** 2
    return float(edges[1 + int(np.nanargmax(apart[:-1]))] ** 3)
