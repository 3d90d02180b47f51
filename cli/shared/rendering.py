"""Rendering of a design: a spec in a file, with the pictures that it names, into a folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import field

from generation import libraries
from generation.spec import Copy, Spec, Value
from generation.words.write import write
from schemas.errors import GenerationError

if TYPE_CHECKING:
    from generation.render import Drawn, Pictures, Piece

#: All that a piece was made from, and what came of it, beside its files.
PROVENANCE = "spec.json"


class Design(Spec, frozen=True, kw_only=True):
    """A spec, and its copy where it shall be another than the brand's words; pictures are files beside it."""

    copy: Copy | None = None
    logo: str | None = None
    screenshots: list[str] = field(default_factory=list)


class Made(Value, frozen=True, kw_only=True):
    """A file of a piece: its lines of text are `texts`, the least contrast of them is `contrast`."""

    name: str
    bytes: int
    sha256: str
    texts: int
    contrast: float


class Provenance(Value, frozen=True, kw_only=True):
    """`pictures` are by their paths; the same design and the same pictures give the same files."""

    renderer: str
    design: Design
    pictures: dict[str, str]
    files: list[Made]


class Rendering:
    """A design that was read, with all that it names. Raises `GenerationError`, `ValidationError`."""

    def __init__(self, path: Path) -> None:
        libraries.require()
        given = _read(path)
        self.copy = given.copy or write(given)
        self.design = msgspec.structs.replace(given, copy=self.copy)
        files = [name for name in (self.design.logo, *self.design.screenshots) if name is not None]
        self.pictures = {name: _bytes(path.parent / name) for name in files}
        self.piece = self._prepared()

    def _prepared(self) -> "Piece":
        drawing = import_module("generation.render")
        design = self.design
        given: Pictures = drawing.Pictures(
            logo=self.pictures[design.logo] if design.logo is not None else None,
            screenshots=[self.pictures[name] for name in design.screenshots],
        )
        piece: Piece = drawing.prepare(design, self.copy, given)
        return piece

    def into(self, folder: Path) -> Iterator[Made]:
        """Draw and write each file; the provenance comes last, so that a folder that has it is whole."""
        with _files():
            folder.mkdir(parents=True, exist_ok=True)
        made = []
        for drawn in self.piece.drawn():
            with _files():
                (folder / drawn.name).write_bytes(drawn.data)
            made.append(_made(drawn))
            yield made[-1]
        with _files():
            (folder / PROVENANCE).write_bytes(
                msgspec.json.format(msgspec.json.encode(self._provenance(made)))
            )

    def _provenance(self, made: list[Made]) -> Provenance:
        renderer: str = import_module("generation.render").RENDERER
        pictures = {name: sha256(data).hexdigest() for name, data in self.pictures.items()}
        return Provenance(renderer=renderer, design=self.design, pictures=pictures, files=made)


def _read(path: Path) -> Design:
    try:
        return msgspec.json.decode(_bytes(path), type=Design)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError as error:
        raise GenerationError("SPEC_NOT_JSON", f"{path} is not JSON: {error}") from None


def _bytes(path: Path) -> bytes:
    with _files():
        return path.read_bytes()


@contextmanager
def _files() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise GenerationError("FILE_UNUSABLE", f"{error.filename}: {error.strerror}") from None


def _made(drawn: "Drawn") -> Made:
    return Made(
        name=drawn.name,
        bytes=len(drawn.data),
        sha256=drawn.sha256,
        texts=len(drawn.shown),
        contrast=min((one.contrast for one in drawn.shown), default=0.0),
    )
