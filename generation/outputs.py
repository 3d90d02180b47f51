"""Output files of a piece as values: the files, the texts drawn on them, and the progress."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Self

import msgspec

from generation.spec import PieceSpec, StrictCamelCaseStruct

#: Name of the look without the engine.
PLAIN_LOOK_NAME = "plain"


class MeasuredDrawnTextLine(StrictCamelCaseStruct, frozen=True, kw_only=True):
    """Line of text in a picture: its ink's bounding box, and its contrast to the background."""

    name: str
    text: str
    box: tuple[int, int, int, int]
    size: int
    contrast: float
    is_cut: bool

    def with_box_moved(self, across: int, down: int) -> Self:
        left, top, right, bottom = self.box
        return msgspec.structs.replace(self, box=(left + across, top + down, right + across, bottom + down))


class RenderedFile(StrictCamelCaseStruct, frozen=True, kw_only=True):
    """An output file and its thumbnail, by their names in the piece's folder.

    Width and height are in pixels; only a video has `duration_ms`. For a video, `shown` has each scene's
    lines as they stand at its end. `look` is the look of a slide, `pictures` are the places of its pictures among the
    input pictures; None: not known.
    """

    name: str
    thumbnail: str
    mime_type: str
    width: int
    height: int
    duration_ms: int | None = None
    size_bytes: int
    sha256: str
    shown: list[MeasuredDrawnTextLine]
    look: str | None = None
    pictures: list[int] | None = None


class RenderingProgress(NamedTuple):
    """Progress of a piece, from 0 to 1, and the file that this step completed, if any."""

    share: float
    made: RenderedFile | None = None


def warn_of_truncated_drawn_texts(made: Iterable[RenderedFile]) -> Iterator[str]:
    """Yield one `text_cut` warning with the names of all texts that the files show truncated; nothing without any."""
    names = sorted({one.name for file in made for one in file.shown if one.is_cut})
    if names:
        yield f"text_cut: {', '.join(names)} ended with an ellipsis for lack of room: write less"


def list_output_warnings(spec: PieceSpec, made: Sequence[RenderedFile]) -> list[str]:
    """Return the warnings about drawn files: truncated texts, the plain look, and a template that isn't shown."""
    return [*warn_of_truncated_drawn_texts(made), *_warn_of_other_looks(spec, {file.look for file in made})]


def _warn_of_other_looks(spec: PieceSpec, looks: set[str | None]) -> Iterator[str]:
    template = spec.template
    if template and looks - {None, template.id}:
        yield (
            f"template_unused: {template.name}, version {template.version}, has no room for the texts or the pictures: "
            "another look stands in"
        )
    if PLAIN_LOOK_NAME in looks:
        yield (
            "look_plain: no look has room for the texts and the pictures, or the engine of looks is missing: "
            "shorten the texts, or have the operator run `tenantry doctor`"
        )
