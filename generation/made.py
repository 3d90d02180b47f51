"""Files of a piece, as values: what was made, the texts that are on it, how far the making is."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from generation.spec import Value


class Shown(Value, frozen=True, kw_only=True):
    """Line of text in a picture: left, top, right and bottom of its ink, its contrast to what is under it."""

    name: str
    text: str
    box: tuple[int, int, int, int]
    size: int
    contrast: float
    is_cut: bool


class Made(Value, frozen=True, kw_only=True):
    """A file of a piece, and its thumbnail, by their names in the piece's folder.

    Width and height are in pixels; `duration_ms` is a video's. Of each of a video's scenes `shown` has the
    lines as they stand at its end.
    """

    name: str
    thumbnail: str
    mime_type: str
    width: int
    height: int
    duration_ms: int | None = None
    size_bytes: int
    sha256: str
    shown: list[Shown]


class Step(NamedTuple):
    """Share of a piece that is made, from 0 to 1, and the file that is whole since, if one is."""

    share: float
    made: Made | None = None


def cut(made: Iterable[Made]) -> Iterator[str]:
    """Warnings of texts that had no room, a word and its reason each."""
    names = sorted({one.name for file in made for one in file.shown if one.is_cut})
    if names:
        yield f"text_cut: {', '.join(names)} ended with an ellipsis for lack of room: write less"
