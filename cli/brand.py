"""`tenantry brand`: look at what an ingest would read, without a project, a job or a database."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import click
import msgspec
from rich.console import Group
from rich.text import Text

from cli.cases import predict, saved
from cli.command import json_option
from cli.failure import failing
from cli.output import Answer, emit, printable, table
from domain import urls
from schemas.brand import Extraction
from schemas.settings import OWN
from workers.fetch import open_client
from workers.ingest.choose import choose
from workers.ingest.shapes import Source
from workers.ingest.website.ingest import ingest
from workers.ingest.website.session import Web, open_web
from workers.parse import Parser, open_parser, parse

#: The address of a file that came without one: some site's home page.
UNKNOWN = "http://localhost/"
FILE_NAMES = {".html", ".htm", ".xhtml", ".gz"}
COLUMNS = ("FIELD", "VALUE", "CONFIDENCE", "RULE", "PAGE")


class Reader(NamedTuple):
    """What reads a target: `address` is the one that files are taken to have."""

    web: Web
    parser: Parser
    allowed: urls.Allowed
    address: str


@click.group()
def brand() -> None:
    """Look at what an ingest would read of a brand."""


@brand.command()
@click.argument("targets", nargs=-1, metavar="[URL|FILE]...")
@click.option("--url", default=UNKNOWN, metavar="URL", help="The address that files were saved from.")
@click.option(
    "--cases",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Read a corpus of saved pages instead and print a prediction for each, as JSON lines.",
)
@json_option
def extract(*, targets: Sequence[str], url: str, cases: Path | None, as_json: bool) -> None:
    """Read brands from web addresses or saved pages, and show where each field was found.

    Addresses are fetched as an ingest would, robots.txt and the site's root included. With --json
    each target is a line. Ends with 1 where a target can't be read, after the ones that can.

    \b
    Examples:
      tenantry brand extract https://example.com/
      tenantry brand extract page.html --url https://example.com/pricing --json
    """
    if bool(targets) == bool(cases):
        raise click.UsageError("give addresses or files, or a corpus with --cases")
    with failing(as_json=as_json):
        worst = asyncio.run(predict(cases) if cases else show(targets, url, as_json=as_json))
    click.get_current_context().exit(worst)


async def show(targets: Sequence[str], address: str, *, as_json: bool) -> int:
    """Print each target's brand, or why it has none, in their order; the worst exit code."""
    allowed = urls.read_allowed(os.environ.get(OWN["fetch_allow"], ""))
    contact = os.environ.get("PUBLIC_URL", "tenantry brand extract")
    async with open_client(allowed=allowed, contact=contact) as client, open_parser() as parser:
        reader = Reader(open_web(client), parser, allowed, address)
        coming = [asyncio.create_task(read(reader, target)) for target in targets]
        return max(
            [await shown(one, target, as_json=as_json) for one, target in zip(coming, targets, strict=True)]
        )


async def shown(coming: asyncio.Task[Extraction], target: str, *, as_json: bool) -> int:
    try:
        with failing(as_json=as_json):
            emit(answer(target, await coming), as_json=as_json)
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    return 0


async def read(reader: Reader, target: str) -> Extraction:
    if is_file(target):
        return await read_file(reader, Path(target))
    url = urls.check(target, allowed=reader.allowed)
    return await ingest(reader.web, reader.parser, args={"url": url}, report=unheard)


def is_file(target: str) -> bool:
    """A name that looks like a page's file is one, there or not: it would make a strange host."""
    path = Path(target)
    return "://" not in target and (path.is_file() or path.is_absolute() or path.suffix in FILE_NAMES)


async def read_file(reader: Reader, path: Path) -> Extraction:
    page = await parse(reader.parser, Source(url=reader.address, body=saved(path)))
    return Extraction(url=page.url, title=page.title, fields=choose(page.candidates))


async def unheard(_stage: str, _progress: float) -> None:
    """Here nobody watches an ingest's stages."""


def answer(target: str, extraction: Extraction) -> Answer:
    rows = [
        (field, found.value, f"{found.confidence:.2f}", found.rule, found.url)
        for field, found in extraction.fields.items()
    ]
    heading = Text(printable(f"{target}: {extraction.title or 'a page without a title'}"), style="bold")
    warnings = [Text(printable(f"! {warning}")) for warning in extraction.warnings]
    return Answer(
        {"target": target, **msgspec.to_builtins(extraction)},
        Group(heading, table(COLUMNS, rows), *warnings),
    )
