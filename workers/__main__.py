"""Entry point `python -m workers POOL`: a worker process of the pool. Settings come from the environment."""

import os
import sys

import uvloop

from schemas.errors import SettingsInvalid
from schemas.settings import Settings, from_env
from telemetry import logs
from workers.runtime.worker import serve
from workers.tasks import POOLS, open_tasks


async def run(settings: Settings, pool_name: str) -> None:
    async with open_tasks(settings, pool_name) as tasks:
        await serve(settings, pool_name, tasks)


def main(arguments: list[str]) -> None:
    """Run a worker. Exits with 0 after a drain, with 2 for a wrong argument or setting."""
    if len(arguments) != 1 or arguments[0] not in POOLS:
        print(f"usage: python -m workers {'|'.join(POOLS)}", file=sys.stderr)  # noqa: T201  logging is not set up yet
        sys.exit(2)
    try:
        settings = from_env(os.environ)
        logs.configure(process=arguments[0], level=settings.log_level)
        uvloop.run(run(settings, arguments[0]))
    except SettingsInvalid as error:
        print(error, file=sys.stderr)  # noqa: T201  for the person who started it
        sys.exit(2)


if __name__ == "__main__":
    main(sys.argv[1:])
