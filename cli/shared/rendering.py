"""Rendering of a design: a spec from a file, with its pictures, into a folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest, sha256
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import field

from generation import libraries
from generation.copy.write import write
from generation.outputs import OutputFile, Step
from generation.spec import Copy, Spec, Value
from schemas.errors import GenerationError

if TYPE_CHECKING:
    from generation.render import ContentPiece, InputFiles

#: File with the inputs and results of a piece, next to its files.
PROVENANCE = "spec.json"


class Design(Spec, frozen=True, kw_only=True):
    """Spec with an optional copy instead of the brand's words; pictures and the clip are files next to it."""

    copy: Copy | None = None
    logo: str | None = None
    screenshots: list[str] = field(default_factory=list)
    end_card: str | None = None
    clip: str | None = None


class RenderProvenance(Value, frozen=True, kw_only=True):
    """Inputs and results of a rendering; `pictures` has the hashes of pictures and the clip by path."""

    renderer: str
    design: Design
    pictures: dict[str, str]
    files: list[OutputFile]


class Rendering:
    """Design with its files in `source_folder`. Raises `GenerationError`."""

    def __init__(self, design: Design, source_folder: Path) -> None:
        libraries.require_libraries()
        self._folder = source_folder
        self.copy = design.copy or write(design)
        self.design = msgspec.structs.replace(design, copy=self.copy)
        files = filter(None, (design.logo, *design.screenshots, design.end_card))
        self.pictures = {name: _bytes(source_folder / name) for name in files}
        self.piece, warnings = self._prepared()
        self.warnings = [*self.copy.warnings, *warnings]

    def _prepared(self) -> tuple["ContentPiece", list[str]]:
        drawing = import_module("generation.render")
        design = self.design
        files: InputFiles = drawing.InputFiles(
            logo=self.pictures[design.logo] if design.logo is not None else None,
            screenshots=[self.pictures[name] for name in design.screenshots],
            end_card=self.pictures[design.end_card] if design.end_card is not None else None,
            clip=self._folder / design.clip if design.clip is not None else None,
        )
        with using_files():
            return drawing.prepare_piece(design, self.copy, files), drawing.warnings(files)

    def into(self, folder: Path) -> Iterator[Step]:
        """Render each file. Write the provenance last, so that a folder with it is complete."""
        outputs = []
        with using_files():
            folder.mkdir(parents=True, exist_ok=True)
            for step in self.piece.make(folder):
                outputs += [step.made] if step.made else []
                yield step
            (folder / PROVENANCE).write_bytes(
                msgspec.json.format(msgspec.json.encode(self._provenance(outputs)))
            )

    def _provenance(self, outputs: list[OutputFile]) -> RenderProvenance:
        renderer: str = import_module("generation.render").RENDERER
        hashes = {name: sha256(data).hexdigest() for name, data in self.pictures.items()}
        if (clip := self.design.clip) is not None:
            with (self._folder / clip).open("rb") as file:
                hashes[clip] = file_digest(file, "sha256").hexdigest()
        return RenderProvenance(renderer=renderer, design=self.design, pictures=hashes, files=outputs)


def read_design(path: Path) -> Design:
    """Read a design. Raise `GenerationError` or `msgspec.ValidationError`."""
    try:
        return msgspec.json.decode(_bytes(path), type=Design)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError as error:
        raise GenerationError("SPEC_NOT_JSON", f"{path} is not JSON: {error}") from None


def _bytes(path: Path) -> bytes:
    with using_files():
        return path.read_bytes()


@contextmanager
def using_files() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise GenerationError(
            "FILE_UNUSABLE", ": ".join(str(part) for part in (error.filename, error.strerror) if part)
        ) from None
