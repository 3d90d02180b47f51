"""Rendering: from a spec, its copy and its pictures to files, each with the texts that are on it."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from generation import pictures
from generation.canvas import Canvas
from generation.slides.deck import Slide, single, slideshow
from generation.slides.jpeg import jpeg
from generation.slides.kit import Kit
from generation.spec import Copy, Spec, Value
from generation.theme import theme
from schemas.errors import GenerationError

#: Changes with each release that draws the same spec differently.
RENDERER = "1"

#: As many as their list has room for, at a size that can be read on a phone.
MAX_POINTS = 10


class Pictures(NamedTuple):
    """Files of a brand as they came, none of them trusted."""

    logo: bytes | None = None
    screenshots: Sequence[bytes] = ()


class Shown(Value, frozen=True, kw_only=True):
    """Line of text on a slide: left, top, right and bottom of its ink, its contrast to what is under it."""

    name: str
    box: tuple[int, int, int, int]
    size: int
    contrast: float
    is_cut: bool


class Drawn(NamedTuple):
    """A file that was made."""

    name: str
    data: bytes
    shown: list[Shown]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


class Piece(NamedTuple):
    """Slides to draw, by the names of their files: each is drawn when it is asked for."""

    slides: dict[str, Slide]

    def __len__(self) -> int:
        return len(self.slides)

    def drawn(self) -> Iterator[Drawn]:
        return (_drawn(name, slide()) for name, slide in self.slides.items())


def prepare(spec: Spec, copy: Copy, given: Pictures) -> Piece:
    """A piece whose pictures were read; nothing of it is drawn yet.

    Raises `PictureRefused`, `TextRefused`, and `GenerationError` for a format that isn't drawn.
    """
    layouts = {"slideshow": slideshow, "image": single}
    if spec.format not in layouts:
        raise GenerationError(
            "FORMAT_NOT_DRAWN", f"{spec.format} can't be drawn yet: {', '.join(layouts)} can"
        )
    if len(copy.points) > MAX_POINTS:
        raise GenerationError("TOO_MANY_POINTS", f"a piece shows {MAX_POINTS} points at most")
    slides = layouts[spec.format](_kit(spec, copy, given), copy)
    return Piece({f"{spec.format}-{number}.jpg": slide for number, slide in enumerate(slides, 1)})


def _kit(spec: Spec, copy: Copy, given: Pictures) -> Kit:
    logo = pictures.logo(given.logo) if given.logo is not None else None
    seen = max(2, len(copy.points))
    screenshots = tuple(pictures.read(data) for data in given.screenshots[:seen])
    colors = theme(spec.brand.colors, logo)
    return Kit(spec.brand.name, colors, copy.language, spec.seed, logo, screenshots)


def _drawn(name: str, canvas: Canvas) -> Drawn:
    shown = [
        Shown(name=one.name, box=one.box, size=one.size, contrast=round(one.contrast, 2), is_cut=one.is_cut)
        for one in canvas.marks
    ]
    return Drawn(name, jpeg(canvas.image), shown)
