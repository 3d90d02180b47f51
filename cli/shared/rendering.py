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
from generation.copy.write import write_piece_copy
from generation.outputs import RenderedFile, RenderingProgress
from generation.spec import PieceCopy, PieceSpec, StrictCamelCaseStruct
from schemas.errors import GenerationError

if TYPE_CHECKING:
    from generation.render import PieceInputFiles, RenderablePiece

#: File with the inputs and results of a piece, next to its files.
RENDER_PROVENANCE_FILE_NAME = "spec.json"


class CliPieceSpec(PieceSpec, frozen=True, kw_only=True):
    """Spec with an optional copy instead of the brand's words; pictures and the clip are files next to it."""

    copy: PieceCopy | None = None
    logo: str | None = None
    screenshots: list[str] = field(default_factory=list)
    end_card: str | None = None
    clip: str | None = None


class RenderProvenance(StrictCamelCaseStruct, frozen=True, kw_only=True):
    """Inputs and results of a rendering; `pictures` has the hashes of pictures and the clip by path."""

    renderer: str
    design: CliPieceSpec
    pictures: dict[str, str]
    files: list[RenderedFile]


class CliPieceRenderer:
    """Design with its files in `source_folder`. Raises `GenerationError`."""

    def __init__(self, design: CliPieceSpec, source_folder: Path) -> None:
        libraries.require_drawing_libraries()
        self._folder = source_folder
        self.copy = design.copy or write_piece_copy(design)
        self.design = msgspec.structs.replace(design, copy=self.copy)
        files = filter(None, (design.logo, *design.screenshots, design.end_card))
        self.pictures = {name: _read_design_file_bytes(source_folder / name) for name in files}
        self.piece, warnings = self._prepare_piece_with_design_files()
        self.warnings = [*self.copy.warnings, *warnings]

    def _prepare_piece_with_design_files(self) -> tuple["RenderablePiece", list[str]]:
        drawing = import_module("generation.render")
        design = self.design
        files: PieceInputFiles = drawing.PieceInputFiles(
            logo=self.pictures[design.logo] if design.logo is not None else None,
            screenshots=[self.pictures[name] for name in design.screenshots],
            end_card=self.pictures[design.end_card] if design.end_card is not None else None,
            clip=self._folder / design.clip if design.clip is not None else None,
        )
        with convert_os_errors_to_generation_errors():
            return drawing.prepare_piece(design, self.copy, files), drawing.unused_logo_warnings(files)

    def render_into_and_yield_progress(self, folder: Path) -> Iterator[RenderingProgress]:
        """Render each file of the design into `folder`, which is created, and yield each step.

        `RENDER_PROVENANCE_FILE_NAME` is written last, so that a folder with it is complete. Raise `GenerationError`.
        """
        outputs = []
        with convert_os_errors_to_generation_errors():
            folder.mkdir(parents=True, exist_ok=True)
            for step in self.piece.render_files_and_yield_progress(folder):
                outputs += [step.made] if step.made else []
                yield step
            (folder / RENDER_PROVENANCE_FILE_NAME).write_bytes(
                msgspec.json.format(msgspec.json.encode(self._build_provenance(outputs)))
            )

    def _build_provenance(self, outputs: list[RenderedFile]) -> RenderProvenance:
        renderer: str = import_module("generation.render").RENDERER_VERSION
        hashes = {name: sha256(data).hexdigest() for name, data in self.pictures.items()}
        if (clip := self.design.clip) is not None:
            with (self._folder / clip).open("rb") as file:
                hashes[clip] = file_digest(file, "sha256").hexdigest()
        return RenderProvenance(renderer=renderer, design=self.design, pictures=hashes, files=outputs)


def read_cli_piece_spec(path: Path) -> CliPieceSpec:
    """Return a file's design spec. Raise `GenerationError` if unreadable or no JSON, else `msgspec.ValidationError`."""
    try:
        return msgspec.json.decode(_read_design_file_bytes(path), type=CliPieceSpec)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError as error:
        raise GenerationError("SPEC_NOT_JSON", f"{path} is not JSON: {error}") from None


def _read_design_file_bytes(path: Path) -> bytes:
    with convert_os_errors_to_generation_errors():
        return path.read_bytes()


@contextmanager
def convert_os_errors_to_generation_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise GenerationError(
            "FILE_UNUSABLE", ": ".join(str(part) for part in (error.filename, error.strerror) if part)
        ) from None
