"""Rendering: from a spec, its copy and its pictures to files, each with the texts that are on it."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from generation import pictures
from generation.canvas import Canvas, Mark
from generation.frame import FRAMES
from generation.made import Made, Shown, Step
from generation.portraits.portrait import portrait
from generation.slides.deck import Slide, single, slideshow
from generation.slides.jpeg import jpeg
from generation.slides.kit import Kit, Presented
from generation.spec import Copy, Presenter, Spec
from generation.theme import Theme, theme
from generation.thumbnail import thumbnail
from schemas.errors import GenerationError

#: Changes with each release that draws the same spec differently.
RENDERER = "2"

#: Pixels of a presenter's portrait: more than two for each that is shown.
_FACE = 400

#: As many as their list has room for, at a size that can be read on a phone.
MAX_POINTS = 10


class Given(NamedTuple):
    """Files of a brand as they came, none of them trusted; `clip` is what a remix is made of."""

    logo: bytes | None = None
    screenshots: Sequence[bytes] = ()
    end_card: bytes | None = None
    clip: Path | None = None


class Piece(NamedTuple):
    """Slides to draw, by the names of their files without the ending."""

    slides: dict[str, Slide]

    def make(self, folder: Path) -> Iterator[Step]:
        """Draw into a folder that is there; a file is whole once its step has come."""
        for number, (name, slide) in enumerate(self.slides.items(), 1):
            yield Step(number / len(self.slides), _picture(folder, name, slide()))


def prepare(spec: Spec, copy: Copy, given: Given) -> Piece:
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
    return Piece({f"{spec.format}-{number}": slide for number, slide in enumerate(slides, 1)})


def _kit(spec: Spec, copy: Copy, given: Given) -> Kit:
    logo = pictures.logo(given.logo) if given.logo is not None else None
    seen = max(2, len(copy.points))
    screenshots = tuple(pictures.read(data) for data in given.screenshots[:seen])
    colors = theme(spec.brand.colors, logo)
    return Kit(
        name=spec.brand.name,
        theme=colors,
        language=copy.language,
        seed=spec.seed,
        logo=logo,
        screenshots=screenshots,
        frame=FRAMES[spec.aspect or "4:5"],
        presenter=_presented(spec.presenter, colors) if spec.presenter else None,
    )


def _presented(presenter: Presenter, colors: Theme) -> Presented:
    return Presented(presenter.name, portrait(presenter, colors, _FACE))


def _picture(folder: Path, name: str, canvas: Canvas) -> Made:
    data = jpeg(canvas.image)
    (folder / f"{name}.jpg").write_bytes(data)
    (folder / f"{name}.thumbnail.jpg").write_bytes(thumbnail(canvas.image))
    return Made(
        name=f"{name}.jpg",
        thumbnail=f"{name}.thumbnail.jpg",
        mime_type="image/jpeg",
        width=canvas.width,
        height=canvas.height,
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        shown=[_shown(one) for one in canvas.marks],
    )


def _shown(mark: Mark) -> Shown:
    return Shown(
        name=mark.name,
        text=mark.text,
        box=mark.box,
        size=mark.size,
        contrast=round(mark.contrast, 2),
        is_cut=mark.is_cut,
    )
