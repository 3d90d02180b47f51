"""`python -m tools.sheet`: many brands rendered, proofread, and shown on one contact sheet for a reviewer."""

import io
import re
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple, get_args

import click
import msgspec
from msgspec import field
from PIL import Image, ImageDraw

from cli.commands.content import bar
from cli.shared.command import json_option
from cli.shared.failure import exit_on_failure
from cli.shared.output import CommandResult, print_result, table
from cli.shared.rendering import Design, Rendering, using_files
from generation import libraries
from generation.outputs import OutputFile
from generation.proofreading.fault import Fault
from generation.spec import Aspect, BrandSnapshot, Format
from schemas.errors import GenerationError, PictureRefused, TextRefused

SHEET = "sheet.jpg"
FAULTS = ("BRAND", "FORMAT", "PLACE", "RULE", "FOUND")
#: Height of a picture, in pixels.
HEIGHT = 300
#: Gap between pictures, in pixels.
GAP = 12
_GROUND = (236, 236, 240)
#: Color of the bar before a row with faults.
_FAULT_COLOR = (214, 40, 40)
#: Maximum side of a JPEG, in pixels.
_MAX_SIDE = 65_000


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument(
    "brands", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="BRANDS.jsonl"
)
@click.option(
    "--formats", default="slideshow,image", show_default=True, help="Formats to render for each brand."
)
@click.option("--aspect", type=click.Choice(get_args(Aspect)), help="Aspect instead of each format's own.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="Folder for all files.",
)
@json_option
def sheet(*, brands: Path, formats: str, aspect: Aspect | None, out: Path, as_json: bool) -> None:
    """Render many brands, proofread each piece, and show all pieces on one picture.

    A line of the file is a brand as in a spec; it may name a logo and screenshots: files next to
    it. DIR gets sheet.jpg, and a folder for each piece. The proofreader shares no code with the writer
    and the renderer. It reports words without evidence in the brand, claims, and texts that are
    unreadable or outside their zone. The exit code is 1 if it finds a fault.

    \b
    Examples:
      python -m tools.sheet brands.jsonl --out sheet
      python -m tools.sheet brands.jsonl --formats image --aspect 9:16 --out sheet --json
    """
    with exit_on_failure(as_json=as_json):
        libraries.require_libraries()
        requested_formats = msgspec.convert(formats.split(","), list[Format])
        brand_entries = read_entries(brands)
        rendered_pieces = render_pieces(brand_entries, brands.parent, out, requested_formats, aspect)
        checked = collect_checked(rendered_pieces, len(brand_entries) * len(requested_formats))
        write_sheet(checked, out)
    print_result(findings(checked, out), as_json=as_json)
    click.get_current_context().exit(int(any(one.faults for one in checked)))


class SheetEntry(BrandSnapshot, frozen=True, kw_only=True):
    """Line of the file: a brand as in a spec, and its pictures, files next to it."""

    logo: str | None = None
    screenshots: list[str] = field(default_factory=list)


class CheckedPiece(NamedTuple):
    """Piece with its pictures and faults; a refused piece has only its error code."""

    brand: str
    format: Format
    folder: Path
    made: Sequence[OutputFile]
    faults: Sequence[Fault]


def read_entries(path: Path) -> list[SheetEntry]:
    """Read one JSON brand a line; skip empty lines. Raise `msgspec.ValidationError` for an invalid brand.

    Raise `GenerationError` for a file that can't be read, or a line that isn't JSON.
    """
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
) -> Iterator[CheckedPiece]:
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


def _checked(design: Design, source_folder: Path, folder: Path) -> CheckedPiece:
    try:
        rendering = Rendering(design, source_folder)
        outputs = [step.made for step in rendering.into(folder) if step.made]
    except (GenerationError, PictureRefused, TextRefused) as error:
        refused = Fault(place=design.format, rule=error.code, found=error.message)
        return CheckedPiece(design.brand.name, design.format, folder, [], [refused])
    faults = import_module("generation.proofreading.read").faults(outputs, folder, design, rendering.copy)
    return CheckedPiece(design.brand.name, design.format, folder, outputs, faults)


def write_sheet(checked: Sequence[CheckedPiece], out: Path) -> None:
    """Write the picture of all rendered pieces."""
    drawn = [piece for piece in checked if piece.made]
    rows = [([piece.folder / made.thumbnail for made in piece.made], bool(piece.faults)) for piece in drawn]
    with using_files():
        out.mkdir(parents=True, exist_ok=True)
        (out / SHEET).write_bytes(contact_sheet(rows))


def contact_sheet(rows: Sequence[tuple[Sequence[Path], bool]]) -> bytes:
    """Return a JPEG of the pieces' pictures. A bar marks each row that has faults."""
    height = min(HEIGHT, _MAX_SIDE // max(1, len(rows)) - GAP)
    drawn = [([_small(path, height) for path in paths], is_faulty) for paths, is_faulty in rows]
    width = max((sum(one.width + GAP for one in row) for row, _ in drawn), default=0)
    sheet = Image.new("RGB", (width + 2 * GAP, max(1, len(drawn)) * (height + GAP) + GAP), _GROUND)
    for number, (row, is_faulty) in enumerate(drawn):
        y, x = GAP + number * (height + GAP), 2 * GAP
        if is_faulty:
            ImageDraw.Draw(sheet).rectangle((0, y, GAP, y + height), fill=_FAULT_COLOR)
        for one in row:
            sheet.paste(one, (x, y))
            x += one.width + GAP
    written = io.BytesIO()
    sheet.save(written, "JPEG", quality=86)
    return written.getvalue()


def _small(path: Path, height: int) -> Image.Image:
    with Image.open(path) as image:
        size = (max(1, round(image.width * height / image.height)), height)
        return image.convert("RGB").resize(size, Image.Resampling.LANCZOS)


def findings(checked: list[CheckedPiece], out: Path) -> CommandResult:
    rows = [
        (piece.brand, piece.format, fault.place, fault.rule, fault.found)
        for piece in checked
        for fault in piece.faults
    ]
    faulty = sum(bool(piece.faults) for piece in checked)
    note = f"{len(checked)} pieces, {faulty} with faults: {out / SHEET}"
    data = [{"brand": piece.brand, "format": piece.format, "faults": piece.faults} for piece in checked]
    return CommandResult({"pieces": data, "sheet": str(out / SHEET)}, table(FAULTS, rows), note)


def collect_checked(rendered_pieces: Iterator[CheckedPiece], total: int) -> list[CheckedPiece]:
    checked: list[CheckedPiece] = []
    with bar() as show:
        for piece in rendered_pieces:
            checked.append(piece)
            show(len(checked) / total)
    return checked


if __name__ == "__main__":
    sheet(prog_name="python -m tools.sheet")
