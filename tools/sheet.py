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

from cli.commands.content import show_drawing_progress_bar
from cli.shared.command import json_output_option
from cli.shared.failure import exit_on_expected_command_error
from cli.shared.output import CliCommandResult, build_text_table, print_command_result
from cli.shared.rendering import CliPieceRenderer, CliPieceSpec, convert_os_errors_to_generation_errors
from domain.content.plans import FORMATS_WITH_LOOK, KIND_BY_PICTURE_ROLE, find_needed_picture_kind
from generation import libraries
from generation.copy import tones
from generation.copy.write import (
    MissingBrandText,
    find_language_and_clauses_of_brand,
    list_hooks_by_shape,
    write_piece_copy,
)
from generation.looks.catalog import list_looks
from generation.looks.choosing import LookMaterial, count_list_items, order_looks
from generation.outputs import RenderedFile
from generation.proofreading.fault import ProofreadingFault
from generation.spec import AspectRatio, BrandSnapshot, PieceFormat
from generation.variants import LookChoice, PictureChoice, PictureKind, plan_variants
from schemas.content import MAX_REQUESTED_VARIANTS
from schemas.errors import GenerationError, PictureRefused, UndrawableTextRefused
from schemas.pictures import PictureRole

CONTACT_SHEET_FILE_NAME = "sheet.jpg"
PROOFREADING_FAULT_COLUMNS = ("BRAND", "FORMAT", "PLACE", "RULE", "FOUND")
#: Rule of a piece that ended by an error of no known code.
UNEXPECTED_ERROR_RULE = "RENDERER_BROKE"
#: Height of a picture, in pixels.
SHEET_PICTURE_HEIGHT_PX = 300
#: Gap between pictures, in pixels.
SHEET_PICTURE_GAP_PX = 12
_SHEET_BACKGROUND_COLOR = (236, 236, 240)
#: Color of the bar before a row with faults.
_CONTACT_SHEET_FAULT_BAR_COLOR = (214, 40, 40)
#: Maximum side of a JPEG, in pixels.
_MAX_SHEET_SIDE_PX = 65_000


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("brands", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="BRANDS.jsonl")
@click.option("--formats", default="slideshow,image", show_default=True, help="Formats to render for each brand.")
@click.option("--aspect", type=click.Choice(get_args(AspectRatio)), help="Aspect instead of each format's own.")
@click.option(
    "--variants",
    type=click.IntRange(1, MAX_REQUESTED_VARIANTS),
    default=1,
    show_default=True,
    help="Variants of each slideshow or image, as the API plans them.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="Folder for all files.",
)
@json_output_option
def sheet(*, brands: Path, formats: str, aspect: AspectRatio | None, variants: int, out: Path, as_json: bool) -> None:
    """Render many brands, proofread each piece, and show all pieces on one picture.

    A line of the file is a brand as in a spec; it may name a logo and screenshots: files next to
    it. DIR gets sheet.jpg, and a folder for each piece. The proofreader shares no code with the writer
    and the renderer. It reports words without evidence in the brand, claims, and texts that are
    unreadable or outside their zone. The exit code is 1 if it finds a fault.

    \b
    Examples:
      python -m tools.sheet brands.jsonl --out sheet
      python -m tools.sheet brands.jsonl --formats image --aspect 9:16 --out sheet --json
      python -m tools.sheet brands.jsonl --formats slideshow --variants 3 --out sheet
    """
    with exit_on_expected_command_error(as_json=as_json):
        libraries.require_drawing_libraries()
        requested_formats = msgspec.convert(formats.split(","), list[PieceFormat])
        brand_entries = read_brands_to_render(brands)
        designs = [
            design
            for entry in brand_entries
            for format_ in requested_formats
            for design in plan_variant_designs(
                build_design_spec_of_brand(entry, format_, aspect), brands.parent, variants
            )
        ]
        checked = show_progress_and_collect_pieces(render_and_check_pieces(designs, brands.parent, out), len(designs))
        write_contact_sheet(checked, out)
    print_command_result(build_proofread_report(checked, out), as_json=as_json)
    click.get_current_context().exit(int(any(one.faults for one in checked)))


class BrandWithPictureFileNames(BrandSnapshot, frozen=True, kw_only=True):
    """Line of the file: a brand as in a spec, and its pictures, files next to it."""

    logo: str | None = None
    screenshots: list[str] = field(default_factory=list)


class ProofreadPiece(NamedTuple):
    """Piece with its pictures and faults; one that wasn't drawn has no pictures, and its error as its only fault."""

    brand: str
    format: PieceFormat
    folder: Path
    made: Sequence[RenderedFile]
    faults: Sequence[ProofreadingFault]


def read_brands_to_render(path: Path) -> list[BrandWithPictureFileNames]:
    """Return a file's brands, one JSON object a line. Raise `msgspec.ValidationError` for an invalid brand.

    Skip empty lines. Raise `GenerationError` for a file that can't be read, or a line that isn't JSON.
    """
    with convert_os_errors_to_generation_errors():
        lines = path.read_bytes().splitlines()
    try:
        return [msgspec.json.decode(line, type=BrandWithPictureFileNames) for line in lines if line.strip()]
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError as error:
        raise GenerationError("SPEC_NOT_JSON", f"{path} has a line that isn't JSON: {error}") from None


def render_and_check_pieces(
    designs: Sequence[CliPieceSpec], source_folder: Path, out: Path
) -> Iterator[ProofreadPiece]:
    """Render each design in a folder of its own, and yield the checked pieces."""
    for number, design in enumerate(designs, 1):
        name = re.sub(r"\W+", "-", design.brand.name).strip("-")[:40]
        yield _render_and_proofread(design, source_folder, out / f"{number:03}-{name}-{design.format}")


def plan_variant_designs(design: CliPieceSpec, source_folder: Path, count: int) -> list[CliPieceSpec]:
    """Return a design's variants, which differ in look, hook and first picture as far as its material allows.

    A brand without words, or a broken picture, has the design alone: rendering it says what is missing.
    """
    if count == 1 or design.format not in FORMATS_WITH_LOOK:
        return [design]
    try:
        copy = write_piece_copy(design)
        shown = [_read_picture(source_folder / name) for name in design.screenshots]
    except (MissingBrandText, OSError, PictureRefused):
        return [design]
    pictures = [PictureChoice(place, kind) for place, (_, kind) in enumerate(shown) if kind]
    material = LookMaterial(
        photo_sides_px=[side for side, kind in shown if kind == "photo"],
        screenshots=sum(kind == "screen" for _, kind in shown),
        items=count_list_items(copy),
        has_quote=copy.quote is not None,
        tone=tones.voice_to_tone(design.brand.voice),
        trade=design.brand.trade,
    )
    looks = order_looks(list_looks(), material, design.seed)
    choices = [LookChoice(one.name, find_needed_picture_kind(one)) for one in looks]
    hooks = [*list_hooks_by_shape(find_language_and_clauses_of_brand(design.brand), design)]
    plans = plan_variants(choices, hooks, pictures, count).plans
    return [
        msgspec.structs.replace(
            design,
            seed=f"{design.seed}/{number}" if number else design.seed,
            looks=[plan.look, *(one.name for one in looks if one.name != plan.look)],
            hook_shape=plan.hook,
            first_picture=plan.picture,
        )
        for number, plan in enumerate(plans)
    ]


def _read_picture(path: Path) -> tuple[int, PictureKind | None]:
    """Return the shorter side of a picture in pixels, and its kind."""
    decoding = import_module("generation.pictures")
    image = decoding.decode_picture(path.read_bytes())
    role: PictureRole = import_module("generation.picture_roles").read_picture_traits(image, declared=None).role
    return min(image.size), KIND_BY_PICTURE_ROLE.get(role)


def build_design_spec_of_brand(
    entry: BrandWithPictureFileNames, format_: PieceFormat, aspect: AspectRatio | None
) -> CliPieceSpec:
    own = {field_info.name: getattr(entry, field_info.name) for field_info in msgspec.structs.fields(BrandSnapshot)}
    return CliPieceSpec(
        format=format_,
        brand=BrandSnapshot(**own),
        seed=entry.name,
        aspect=aspect,
        logo=entry.logo,
        screenshots=entry.screenshots,
    )


def _render_and_proofread(design: CliPieceSpec, source_folder: Path, folder: Path) -> ProofreadPiece:
    try:
        rendering = CliPieceRenderer(design, source_folder)
        outputs = [step.made for step in rendering.render_into_and_yield_progress(folder) if step.made]
    except (GenerationError, PictureRefused, UndrawableTextRefused) as error:
        return _build_undrawn_piece(design, folder, error.code, error.message)
    except Exception as error:  # noqa: BLE001  the reviewer sees the other pieces, too
        return _build_undrawn_piece(design, folder, UNEXPECTED_ERROR_RULE, f"{type(error).__name__}: {error}")
    faults = import_module("generation.proofreading.read").find_piece_faults(outputs, folder, design, rendering.copy)
    return ProofreadPiece(design.brand.name, design.format, folder, outputs, faults)


def _build_undrawn_piece(design: CliPieceSpec, folder: Path, rule: str, found: str) -> ProofreadPiece:
    fault = ProofreadingFault(place=design.format, rule=rule, found=found)
    return ProofreadPiece(design.brand.name, design.format, folder, [], [fault])


def write_contact_sheet(checked: Sequence[ProofreadPiece], out: Path) -> None:
    """Write `sheet.jpg` into `out`, created if missing, with unrefused pieces' pictures. Raise `GenerationError`."""
    drawn = [piece for piece in checked if piece.made]
    rows = [([piece.folder / made.thumbnail for made in piece.made], bool(piece.faults)) for piece in drawn]
    with convert_os_errors_to_generation_errors():
        out.mkdir(parents=True, exist_ok=True)
        (out / CONTACT_SHEET_FILE_NAME).write_bytes(draw_contact_sheet(rows))


def draw_contact_sheet(rows: Sequence[tuple[Sequence[Path], bool]]) -> bytes:
    """Return a JPEG with a row of pictures for each piece of `rows`; a bar marks a row that has faults."""
    height = min(SHEET_PICTURE_HEIGHT_PX, _MAX_SHEET_SIDE_PX // max(1, len(rows)) - SHEET_PICTURE_GAP_PX)
    drawn = [([_load_scaled_picture(path, height) for path in paths], is_faulty) for paths, is_faulty in rows]
    width = max((sum(one.width + SHEET_PICTURE_GAP_PX for one in row) for row, _ in drawn), default=0)
    sheet = Image.new(
        "RGB",
        (width + 2 * SHEET_PICTURE_GAP_PX, max(1, len(drawn)) * (height + SHEET_PICTURE_GAP_PX) + SHEET_PICTURE_GAP_PX),
        _SHEET_BACKGROUND_COLOR,
    )
    for number, (row, is_faulty) in enumerate(drawn):
        y, x = SHEET_PICTURE_GAP_PX + number * (height + SHEET_PICTURE_GAP_PX), 2 * SHEET_PICTURE_GAP_PX
        if is_faulty:
            ImageDraw.Draw(sheet).rectangle(
                (0, y, SHEET_PICTURE_GAP_PX, y + height), fill=_CONTACT_SHEET_FAULT_BAR_COLOR
            )
        for one in row:
            sheet.paste(one, (x, y))
            x += one.width + SHEET_PICTURE_GAP_PX
    written = io.BytesIO()
    sheet.save(written, "JPEG", quality=86)
    return written.getvalue()


def _load_scaled_picture(path: Path, height: int) -> Image.Image:
    with Image.open(path) as image:
        size = (max(1, round(image.width * height / image.height)), height)
        return image.convert("RGB").resize(size, Image.Resampling.LANCZOS)


def build_proofread_report(checked: list[ProofreadPiece], out: Path) -> CliCommandResult:
    rows = [
        (piece.brand, piece.format, fault.place, fault.rule, fault.found) for piece in checked for fault in piece.faults
    ]
    faulty = sum(bool(piece.faults) for piece in checked)
    note = f"{len(checked)} pieces, {faulty} with faults: {out / CONTACT_SHEET_FILE_NAME}"
    data = [{"brand": piece.brand, "format": piece.format, "faults": piece.faults} for piece in checked]
    return CliCommandResult(
        {"pieces": data, "sheet": str(out / CONTACT_SHEET_FILE_NAME)},
        build_text_table(PROOFREADING_FAULT_COLUMNS, rows),
        note,
    )


def show_progress_and_collect_pieces(rendered_pieces: Iterator[ProofreadPiece], total: int) -> list[ProofreadPiece]:
    checked: list[ProofreadPiece] = []
    with show_drawing_progress_bar() as show:
        for piece in rendered_pieces:
            checked.append(piece)
            show(len(checked) / total)
    return checked


if __name__ == "__main__":
    sheet(prog_name="python -m tools.sheet")
