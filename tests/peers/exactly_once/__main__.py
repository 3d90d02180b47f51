"""`python -m tests.peers.exactly_once`: the tables of docs/reference/exactly-once.md, on stdout."""

import argparse
import sys
from collections.abc import Sequence

from tests import servers
from tests.peers.exactly_once import page, parts
from tests.peers.exactly_once.rows import wrong


def parsed(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.peers.exactly_once",
        description="Every call of a post to TikTok or Instagram (simulators of ours), each fault of it and "
        "kill -9 at it, and the outcome of the post: Markdown on stdout, progress on stderr.",
        epilog="Ends with 1 if a row breaks the rule that the page states. It takes a minute or two.",
    )
    parser.add_argument(
        "--platform", choices=parts.PLATFORMS, action="append", help="this one alone; may be repeated"
    )
    parser.add_argument("--only", choices=[parts.FAULTS, parts.KILLS], help="leave the other half out")
    parser.add_argument("--write", action="store_true", help=f"write docs/reference/{page.PAGE.name} too")
    given = parser.parse_args(words)
    if given.write and (given.platform or given.only):
        parser.error("--write is for the whole table")
    return given


def main() -> int:
    given = parsed()
    ways = [given.only] if given.only else [parts.FAULTS, parts.KILLS]
    with servers.shared_urls("master") as urls:
        rows = parts.play_all(parts.plan(ways, given.platform or parts.PLATFORMS, *urls))
    print(page.tables(rows))  # noqa: T201
    broken = [*wrong(rows)]
    for row, why in broken:
        print(f"BROKEN: {why}: {row}", file=sys.stderr)  # noqa: T201
    if given.write and not broken:
        page.PAGE.write_text(page.whole(rows), "utf-8")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
