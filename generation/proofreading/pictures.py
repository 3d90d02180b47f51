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

from generation.outputs import DrawnText, OutputFile
from generation.proofreading.fault import Fault
from generation.spec import Copy, Spec

#: Picture size, and left, top, right and bottom of the safe zone for texts, by aspect.
ZONES = {
    "4:5": ((1080, 1350), (84, 70, 996, 1266)),
    "1:1": ((1080, 1080), (84, 70, 996, 996)),
    "9:16": ((1080, 1920), (84, 272, 940, 1250)),
}
#: Minimum contrast of text (WCAG 2.2, 1.4.3).
MIN_CONTRAST = 4.5
#: Minimum font size that is legible on a phone.
MIN_FONT_PX = 22
#: Share of the font size by which lines of one text may overlap.
_INTERLOCKED = 0.35
_FONTS = ("fontpkg_inter", "manimgx_fonts", "justmytype_intl_cjk")
Light: TypeAlias = npt.NDArray[np.float64]

#: Pixels of ground around a text.
_GROUND_MARGIN_PX = 6
#: Percentage of the ground that is ignored.
_IGNORED_PERCENT = 2.0
#: Pixels of the letters' blurred edges.
_BLURRED_EDGE_PX = 7
#: Bins of the luminance histogram.
_STEPS = 64


def faults(made: Sequence[OutputFile], folder: Path, spec: Spec, copy: Copy) -> list[Fault]:
    """Return all faults of a piece's pictures, and of the texts of a video's scenes."""
    wrong = (
        Fault(place=one.name, rule=rule, found=found)
        for one in made
        for rule, found in _wrong(one, folder, spec)
    )
    return [*wrong, *_texts(made, spec, copy)]


def _wrong(made: OutputFile, folder: Path, spec: Spec) -> Iterator[tuple[str, str]]:
    is_picture = made.mime_type == "image/jpeg"
    size, zone = ZONES[spec.aspect or ("4:5" if is_picture else "9:16")]
    if (made.width, made.height) != size:
        yield "size", f"{made.width} x {made.height}"
    for text in made.shown:
        yield from _misplaced(text, zone)
    if is_picture:
        yield from _faded(made, folder)
        yield from _overlapping(made.shown)


def _faded(made: OutputFile, folder: Path) -> Iterator[tuple[str, str]]:
    with Image.open(folder / made.name) as image:
        for text in made.shown:
            measured = contrast(image, text.box)
            if measured < MIN_CONTRAST:
                yield "contrast", f"{text.text}: {measured:.2f}"


def _misplaced(text: DrawnText, zone: tuple[int, int, int, int]) -> Iterator[tuple[str, str]]:
    left, top, right, bottom = text.box
    if left < zone[0] or top < zone[1] or right > zone[2] or bottom > zone[3]:
        yield "zone", f"{text.text}: {text.box}"
    if text.size < MIN_FONT_PX:
        yield "small", f"{text.text}: {text.size} pixels"
    if text.is_cut:
        yield "cut", text.text
    if lacking := sorted({char for char in text.text if _is_ink(char)} - _glyphs()):
        yield "glyph", f"{text.text}: {' '.join(lacking)}"


def _overlapping(shown: Sequence[DrawnText]) -> Iterator[tuple[str, str]]:
    for one, other in itertools.combinations(shown, 2):
        across = min(one.box[2], other.box[2]) - max(one.box[0], other.box[0])
        down = min(one.box[3], other.box[3]) - max(one.box[1], other.box[1])
        allowed = _INTERLOCKED * one.size if one.name == other.name else 0
        if across > 0 and down > allowed:
            yield "overlap", f"{one.text} / {other.text}"


def _is_ink(char: str) -> bool:
    return unicodedata.category(char)[0] in "LNPS"


@cache
def _glyphs() -> frozenset[str]:
    """Return the characters that at least one of our fonts covers."""
    paths = (path for package in _FONTS for path in Path(str(files(package))).rglob("*.ttf"))
    faces = (hb.Face(hb.Blob.from_file_path(str(path))) for path in paths)
    return frozenset(chr(one) for face in faces for one in face.unicodes)


def _texts(made: Sequence[OutputFile], spec: Spec, copy: Copy) -> Iterator[Fault]:
    """Yield texts that are shown without being in the copy, and a hook or points that are not shown."""
    fixed = (copy.labels.swipe, copy.labels.save, copy.labels.about, copy.labels.presenter, spec.brand.name)
    lines = [
        copy.hook,
        *copy.points,
        copy.recap,
        copy.call_to_action,
        copy.ending,
        *copy.places,
        copy.tagline,
    ]
    names = [spec.presenter.name] if spec.presenter else []
    allowed = [_letters(text) for text in (*fixed, *names, *(line.text for line in lines if line))]
    everything = ""
    for one in made:
        shown = _letters("".join(text.text for text in one.shown))
        everything += shown
        if unknown := _without(shown, allowed).strip("0123456789"):
            yield Fault(place=one.name, rule="unsaid", found=unknown)
    required = [copy.hook, *(copy.points if spec.format in {"slideshow", "video"} else [])]
    yield from (
        Fault(place=spec.format, rule="missing", found=line.text)
        for line in required
        if _letters(line.text) not in everything
    )


def _without(text: str, allowed: Iterable[str]) -> str:
    for one in sorted(filter(None, allowed), key=len, reverse=True):
        text = text.replace(one, "\0")
    return text.replace("\0", "")


def _letters(text: str) -> str:
    """Return a text without blanks, hyphens and invisible characters."""
    plain = (char for char in unicodedata.normalize("NFKC", text) if unicodedata.category(char)[0] != "C")
    return re.sub(r"[\s\ufe0e\ufe0f·-]", "", "".join(plain))


def contrast(image: Image.Image, box: tuple[int, int, int, int]) -> float:
    """Measure the WCAG contrast of the text in a box to its ground, ignoring the worst; 1.0 without text."""
    around = (
        box[0] - _GROUND_MARGIN_PX,
        box[1] - _GROUND_MARGIN_PX,
        box[2] + _GROUND_MARGIN_PX,
        box[3] + _GROUND_MARGIN_PX,
    )
    light = _light(image.crop(_within(around, image)))
    edge = np.concatenate(
        [light[:3].ravel(), light[-3:].ravel(), light[:, :3].ravel(), light[:, -3:].ravel()]
    )
    middle = _divide(light)
    is_dark = float(np.median(np.concatenate([one.ravel() for one in edge]))) > middle
    text = light < middle if is_dark else light > middle
    near = Image.fromarray(text.astype(np.uint8) * 255).filter(ImageFilter.MaxFilter(_BLURRED_EDGE_PX))
    ground = light[np.asarray(near) == 0]
    if not text.any() or not len(ground):
        return 1.0
    letters = float(np.percentile(light[text], 25 if is_dark else 75))
    worst = float(np.percentile(ground, _IGNORED_PERCENT if is_dark else 100 - _IGNORED_PERCENT))
    high, low = max(letters, worst), min(letters, worst)
    return (high + 0.05) / (low + 0.05)


def _within(box: tuple[int, int, int, int], image: Image.Image) -> tuple[int, int, int, int]:
    return max(0, box[0]), max(0, box[1]), min(image.width, box[2]), min(image.height, box[3])


def _light(image: Image.Image) -> Light:
    """Return the relative luminance of each pixel (WCAG 2.2)."""
    share = np.asarray(image.convert("RGB"), np.float64) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722]), np.float64)


def _divide(light: Light) -> float:
    """Return the luminance threshold that separates text from ground best (N. Otsu, 1979).

    Luminance is compared by its cube root, a perceptual scale: steps of dark pixels count as much as those of
    light pixels.
    """
    seen = np.cbrt(light)
    counts, edges = np.histogram(seen, _STEPS)
    centers = (edges[1:] + edges[:-1]) / 2
    below, mass = np.cumsum(counts), np.cumsum(counts * centers)
    above = below[-1] - below
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = below * above * (mass / below - (mass[-1] - mass) / above) ** 2
    return float(edges[1 + int(np.nanargmax(apart[:-1]))] ** 3)
