"""Our page reader as a worker runs it: a parsing process forks for each page."""

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench.lines import send_message
from bench.reading import PASSES, Fields, PageResult, combine, load
from schemas.brand import Field, FieldFinding
from schemas.errors import SourceError
from workers.ingest.choose import choose
from workers.ingest.parser.parser import Parser, open_parser, parse
from workers.ingest.shapes import PageDocument

#: CPU budget in seconds that no page uses up; the unspent rest yields the page's CPU.
BUDGET_S = 1_000.0


async def main(path: Path, at_once: int) -> None:
    pages = load(path)
    async with open_parser(at_once=at_once) as parser:
        for _ in range(PASSES):
            started = time.monotonic()
            results = await read_all(parser, pages, at_once)
            send_message(combine(results, time.monotonic() - started))


async def read_all(parser: Parser, pages: Sequence[PageDocument], at_once: int) -> list[PageResult]:
    results = [PageResult()] * len(pages)
    waiting = iter(enumerate(pages))

    async def work() -> None:
        for index, page in waiting:
            results[index] = await read_timed(parser, page)

    await asyncio.gather(*(work() for _ in range(at_once)))
    return results


async def read_timed(parser: Parser, page: PageDocument) -> PageResult:
    """Read a page and measure the CPU of its own process."""
    budgeted, started = Parser(parser.parsing, left_s=BUDGET_S), time.monotonic()
    found = await read(budgeted, page)
    return PageResult(found, (time.monotonic() - started) * 1e3, (BUDGET_S - budgeted.left_s) * 1e3)


async def read(parser: Parser, source: PageDocument) -> Fields | None:
    try:
        page = await parse(parser, source)
    except SourceError:
        return None
    fields = choose(page.candidates)
    return Fields(
        name=text(fields, "appName"),
        title=page.title,
        description=text(fields, "appDescription"),
        language=text(fields, "primaryLanguage"),
    )


def text(fields: dict[Field, FieldFinding], field: Field) -> str | None:
    return str(fields[field].value) if field in fields else None


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
