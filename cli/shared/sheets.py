"""Contact sheet of many brands: each rendered in each format, proofread, and shown on one picture."""

import re
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import field

from cli.shared.rendering import Design, Rendering, using_files
from generation.outputs import OutputFile
from generation.proofreading.fault import Fault
from generation.spec import Aspect, BrandSnapshot, Format
from schemas.errors import GenerationError, PictureRefused, TextRefused

SHEET = "sheet.jpg"


class SheetEntry(BrandSnapshot, frozen=True, kw_only=True):
    """Line of the file: a brand as in a spec, and its pictures, files next to it."""

    logo: str | None = None
    screenshots: list[str] = field(default_factory=list)


class Checked(NamedTuple):
    """Piece with its pictures and faults; a refused piece has only its error code."""

    brand: str
    format: Format
    folder: Path
    made: Sequence[OutputFile]
    faults: Sequence[Fault]


def read_entries(path: Path) -> list[SheetEntry]:
    """Read one brand a line. Raise `GenerationError` or `msgspec.ValidationError`."""
    with using_files():
        lines = path.read_bytes().splitlines()
    try:
        return [msgspec.json.decode(line, type=SheetEntry) for line in lines if line.strip()]
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError as error:
        raise GenerationError("SPEC_NOT_JSON", f"{path} has a line that isn't JSON: {error}") from None


def render_pieces(
    brand_entries: Sequence[SheetEntry],
    source_folder: Path,
    out: Path,
    formats: Sequence[Format],
    aspect: Aspect | None,
) -> Iterator[Checked]:
    """Render each brand in each format, each in a folder of its own, and yield the checked pieces."""
    for number, entry in enumerate(brand_entries, 1):
        for format_ in formats:
            name = re.sub(r"\W+", "-", entry.name).strip("-")[:40]
            yield _checked(
                _design(entry, format_, aspect), source_folder, out / f"{number:03}-{name}-{format_}"
            )


def _design(entry: SheetEntry, format_: Format, aspect: Aspect | None) -> Design:
    own = {
        field_info.name: getattr(entry, field_info.name)
        for field_info in msgspec.structs.fields(BrandSnapshot)
    }
    return Design(
        format=format_,
        brand=BrandSnapshot(**own),
        seed=entry.name,
        aspect=aspect,
        logo=entry.logo,
        screenshots=entry.screenshots,
    )


def _checked(design: Design, source_folder: Path, folder: Path) -> Checked:
    try:
        rendering = Rendering(design, source_folder)
        outputs = [step.made for step in rendering.into(folder) if step.made]
    except (GenerationError, PictureRefused, TextRefused) as error:
        refused = Fault(place=design.format, rule=error.code, found=error.message)
        return Checked(design.brand.name, design.format, folder, [], [refused])
    faults = import_module("generation.proofreading.read").faults(outputs, folder, design, rendering.copy)
    return Checked(design.brand.name, design.format, folder, outputs, faults)


def write_sheet(checked: Sequence[Checked], out: Path) -> None:
    """Write the picture of all rendered pieces."""
    drawn = [piece for piece in checked if piece.made]
    rows = [([piece.folder / made.thumbnail for made in piece.made], bool(piece.faults)) for piece in drawn]
    with using_files():
        out.mkdir(parents=True, exist_ok=True)
        (out / SHEET).write_bytes(import_module("generation.contact_sheet").contact_sheet(rows))
