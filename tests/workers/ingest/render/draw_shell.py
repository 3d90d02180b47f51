"""`python -m tests.workers.ingest.render.draw_shell`: draws the shell and prints its HTML."""

import asyncio

from tests.workers.ingest.render.scene import draw_site
from tests.workers.ingest.render.shell import SHELL_ANSWERS
from tests.workers.web.web import serve
from workers.ingest.render.jail import can_open_jail


async def main() -> None:
    assert await can_open_jail()
    async with serve(SHELL_ANSWERS) as site:
        print((await draw_site(site)).html)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main())
