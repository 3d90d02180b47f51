"""Our page reader as a worker runs it: pages go to the parsing process, which forks for each."""

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench.lines import say
from bench.reading import PASSES, Fields, Pass, load
from schemas.brand import Field, Finding
from schemas.errors import SourceError
from workers.ingest.choose import choose
from workers.ingest.parser.parser import Parser, open_parser, parse
from workers.ingest.shapes import Source


async def main(path: Path, at_once: int) -> None:
    pages = load(path)
    async with open_parser(at_once=at_once) as parser:
        for _ in range(PASSES):
            started = time.monotonic()
            done = await read_all(parser, pages, at_once)
            say(Pass([found for found, _ in done], [ms for _, ms in done], time.monotonic() - started))


async def read_all(
    parser: Parser, pages: Sequence[Source], at_once: int
) -> list[tuple[Fields | None, float]]:
    """The fields of each page, and the milliseconds until they were there."""
    done: list[tuple[Fields | None, float]] = [(None, 0.0)] * len(pages)
    waiting = iter(enumerate(pages))

    async def work() -> None:
        for place, page in waiting:
            started = time.monotonic()
            found = await read(parser, page)
            done[place] = found, (time.monotonic() - started) * 1e3

    await asyncio.gather(*(work() for _ in range(at_once)))
    return done


async def read(parser: Parser, source: Source) -> Fields | None:
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


def text(fields: dict[Field, Finding], field: Field) -> str | None:
    return str(fields[field].value) if field in fields else None


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
