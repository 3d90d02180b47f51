"""`tenantry content`: make the files of generated content without a project, a job or a database."""

import sys
from pathlib import Path

import click
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from cli.shared.command import json_option
from cli.shared.failure import failing
from cli.shared.output import Answer, console, emit, table
from cli.shared.rendering import Rendering
from generation.made import Made

COLUMNS = ("FILE", "KB", "TEXTS", "LEAST CONTRAST")


@click.group()
def content() -> None:
    """Render generated content from a file, without servers."""


@content.command()
@click.argument("spec", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="SPEC.json")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="Folder for the files; those of the same names are replaced.",
)
@json_option
def render(*, spec: Path, out: Path, as_json: bool) -> None:
    """Draw the slides of a spec, and write down what they were made from.

    A spec is what a job of generated content gets: format, brand, seed. For designers it may also
    have its copy, and name a logo and screenshots, files beside it. The same spec and pictures
    give the same bytes.

    \b
    Examples:
      tenantry content render spec.json --out slides
      tenantry content render spec.json --out slides --json
    """
    with failing(as_json=as_json):
        made = drawn(Rendering(spec), out)
    emit(answer(made), as_json=as_json)


def drawn(rendering: Rendering, out: Path) -> list[Made]:
    """All files, with a bar on the terminal while they are drawn."""
    columns = (TextColumn("drawing"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    made = []
    with Progress(*columns, console=console(sys.stderr), disable=not sys.stderr.isatty()) as progress:
        bar = progress.add_task("", total=1.0)
        for step in rendering.into(out):
            progress.update(bar, completed=step.share)
            made += [step.made] if step.made else []
    return made


def answer(made: list[Made]) -> Answer:
    return Answer({"files": made}, table(COLUMNS, [_row(one) for one in made]))


def _row(made: Made) -> tuple[str, int, int, str]:
    least = min((one.contrast for one in made.shown), default=0.0)
    return made.name, made.size_bytes // 1024, len(made.shown), f"{least:.2f}"
