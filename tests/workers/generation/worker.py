"""`python -m tests.workers.generation.worker FOLDER`: the part of a worker that has one piece drawn."""

import asyncio
import sys

from tests.workers.generation.pieces import draw_slideshow


async def main() -> None:
    async with draw_slideshow(sys.argv[1]) as reports:
        await anext(reports)
        print("drawing", flush=True)  # noqa: T201  for the test that kills it
        async for _ in reports:
            pass


if __name__ == "__main__":
    asyncio.run(main())
