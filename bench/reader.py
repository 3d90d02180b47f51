"""Our page reader as a worker runs it: pages go to the parsing process, which forks for each."""

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench.lines import say
from bench.reading import PASSES, Pass, load
from schemas.errors import SourceError
from workers.ingest.choose import choose
from workers.ingest.parser.parser import Parser, open_parser, parse
from workers.ingest.shapes import Source


async def main(path: Path, at_once: int) -> None:
    pages = load(path)
    async with open_parser(at_once=at_once) as parser:
        for _ in range(PASSES):
            started = time.monotonic()
            names = await read_all(parser, pages, at_once)
            say(Pass(names, time.monotonic() - started))


async def read_all(parser: Parser, pages: Sequence[Source], at_once: int) -> list[str | None]:
    names: list[str | None] = [None] * len(pages)
    waiting = iter(enumerate(pages))

    async def work() -> None:
        for place, page in waiting:
            names[place] = await read(parser, page)

    await asyncio.gather(*(work() for _ in range(at_once)))
    return names


async def read(parser: Parser, source: Source) -> str | None:
    try:
        fields = choose((await parse(parser, source)).candidates)
    except SourceError:
        return None
    return str(fields["appName"].value) if "appName" in fields else None


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
