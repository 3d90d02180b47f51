"""`tenantry brand`: a brand as an ingest would read it, without a project, a job or a database."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import msgspec
from rich.console import Group, RenderableType
from rich.text import Text

from cli.shared.brand_sheet import SheetColumn, build_brand_sheet
from cli.shared.brand_sheet_pictures import build_sheet_column
from cli.shared.brand_targets import BrandReadingClients, extract_brand_of_target, open_brand_reading_clients
from cli.shared.command import json_output_option
from cli.shared.exit_codes import EXIT_FAILED
from cli.shared.failure import exit_on_expected_command_error
from cli.shared.group import FullSentenceHelpCommandGroup
from cli.shared.output import CliCommandResult, build_text_table, print_command_result, replace_control_characters
from domain.values import ssrf_guard
from schemas.brand import BrandExtraction
from schemas.errors import TenantryError

#: Address of a file without --url: the home page of an unknown site.
DEFAULT_SAVED_PAGE_URL = "http://localhost/"
BRAND_TABLE_HEADINGS = ("FIELD", "VALUE", "CONFIDENCE", "RULE", "PAGE")
BRAND_EVIDENCE_TABLE_HEADINGS = ("FIELD", "RESTS ON")


@click.group(cls=FullSentenceHelpCommandGroup)
def brand() -> None:
    """Read a brand as an ingest would, and print it."""


@brand.command()
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
@click.option("--url", default=DEFAULT_SAVED_PAGE_URL, metavar="URL", help="The original address of saved files.")
@json_output_option
def extract(*, targets: Sequence[str], url: str, as_json: bool) -> None:
    """Read brands as an ingest would, and show the place of each field.

    A target is a web address, a saved page (.html, .gz), a GitHub repository (owner/name or its
    address) or an app's page in the App Store or Google Play. Nothing is stored. With --json each
    target is a line. If a target can't be read, the exit code is 1 after all other targets.

    \b
    Examples:
      tenantry brand extract https://example.com/ octocat/hello-world
      tenantry brand extract https://apps.apple.com/us/app/slack/id618783545
      tenantry brand extract page.html --url https://example.com/pricing --json
    """
    with exit_on_expected_command_error(as_json=as_json):
        address = ssrf_guard.split_http_url(ssrf_guard.add_url_scheme(url)).geturl()
        worst = asyncio.run(extract_and_print_brands(targets, address, as_json=as_json))
    click.get_current_context().exit(worst)


async def extract_and_print_brands(targets: Sequence[str], address: str, *, as_json: bool) -> int:
    """Print each target's brand or error in order; return the highest exit code. Saved pages count as `address`."""
    async with open_brand_reading_clients(address) as reader:
        tasks = [asyncio.create_task(extract_brand_of_target(reader, target)) for target in targets]
        return max(
            [
                await print_extracted_brand(task, target, as_json=as_json)
                for task, target in zip(tasks, targets, strict=True)
            ]
        )


@brand.command()
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
@click.option("--url", default=DEFAULT_SAVED_PAGE_URL, metavar="URL", help="The original address of saved files.")
@click.option(
    "--output",
    required=True,
    metavar="FILE",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="The HTML file to write; an existing one is replaced.",
)
@json_output_option
def sheet(*, targets: Sequence[str], url: str, output: Path, as_json: bool) -> None:
    """Write brands next to each other into one HTML file, for a person to judge.

    Targets are those of `brand extract`, three in a row. Each has a picture of its page, its fields with their
    places and confidence, and the quotes behind them. The file has no scripts and needs no network. If
    a target can't be read, its column has the reason, and the exit code is 1.

    \b
    Example:
      tenantry brand sheet https://example.com/ octocat/hello-world saved.html --output sheet.html
    """
    with exit_on_expected_command_error(as_json=as_json):
        address = ssrf_guard.split_http_url(ssrf_guard.add_url_scheme(url)).geturl()
        columns = asyncio.run(read_sheet_columns(targets, address))
    try:
        output.write_text(build_brand_sheet(columns), encoding="utf-8")
    except OSError as error:
        raise click.FileError(str(output), hint=error.strerror) from error
    unread = [column.target for column in columns if column.extraction is None]
    data = {"file": str(output), "targets": len(columns), "unread": unread}
    view = Text(f"{output}: {len(columns) - len(unread)} of {len(columns)} targets")
    print_command_result(CliCommandResult(data, view), as_json=as_json)
    click.get_current_context().exit(EXIT_FAILED if unread else 0)


async def read_sheet_columns(targets: Sequence[str], address: str) -> list[SheetColumn]:
    async with open_brand_reading_clients(address) as reader:
        shower = reader._replace(web=reader.web._replace(shows_pages=True))
        return await asyncio.gather(*(read_sheet_column(shower, target) for target in targets))


async def read_sheet_column(reader: BrandReadingClients, target: str) -> SheetColumn:
    try:
        return await build_sheet_column(reader, target, await extract_brand_of_target(reader, target))
    except TenantryError as error:
        return SheetColumn(target, None, error=str(error))


async def print_extracted_brand(task: asyncio.Task[BrandExtraction], target: str, *, as_json: bool) -> int:
    try:
        with exit_on_expected_command_error(as_json=as_json):
            print_command_result(build_brand_command_result(target, await task), as_json=as_json)
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    return 0


def build_brand_command_result(target: str, extraction: BrandExtraction) -> CliCommandResult:
    return CliCommandResult(
        {"target": target, **msgspec.to_builtins(extraction)}, Group(*iterate_brand_view_parts(target, extraction))
    )


def iterate_brand_view_parts(target: str, extraction: BrandExtraction) -> Iterator[RenderableType]:
    """Yield the printed parts of a read brand: title, table of fields, quotes of derived fields, warnings."""
    yield Text(replace_control_characters(f"{target}: {extraction.title or 'without a title'}"), style="bold")
    fields = extraction.fields.items()
    yield build_text_table(
        BRAND_TABLE_HEADINGS,
        [(field, finding.value, f"{finding.confidence:.2f}", finding.rule, finding.url) for field, finding in fields],
    )
    quotes = [(field, f"“{quote}”") for field, finding in fields for quote in finding.evidence]
    if quotes:
        yield Text()
        yield build_text_table(BRAND_EVIDENCE_TABLE_HEADINGS, quotes)
    yield from (Text(replace_control_characters(f"! {warning}")) for warning in extraction.warnings)
