"""Pages that try to break the parser break at most their own process, in time and within memory."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from schemas.errors import ScrapeFailed, TooLarge
from tests.waiting import eventually
from workers.ingest.parser import parser as parsing
from workers.ingest.parser.parser import Parser, open_parser, parse
from workers.ingest.shapes import Page, Source

pytestmark = pytest.mark.asyncio(loop_scope="module")
own = pytest.mark.usefixtures("own_parsing_process")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def parser() -> AsyncIterator[Parser]:
    async with open_parser(at_once=2) as opened:
        yield opened


async def page(parser: Parser, body: bytes) -> Page:
    return await parse(parser, Source(url="https://acme.test/", body=body))


async def test_a_page_is_read(parser: Parser) -> None:
    assert (await page(parser, b"<title>Acme</title>")).title == "Acme"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\0\0\0",
        b"<div>" * 50_000,
        b"<p>a</p>" * 15_000,
        b"<table><tr><td>" * 10_000,
        b"<p " + b" ".join(b"a%d=1" % number for number in range(180_000)) + b">",
        b'<script type="application/ld+json">{"@type":"WebSite","name":"A"}</script>' * 10_000,
        b'<script type="application/ld+json">' + b"[" * 200_000 + b"</script>",
        b'<script type="application/ld+json">' + b'{"a":' * 90_000 + b"</script>",
        b'<script type="application/ld+json">' + b"9" * 200_000 + b"</script>",
        b'<script type="application/ld+json">' + b" " * 400_000 + b"</script>",
        b"<title>" + b" - " * 300_000 + b"</title>",
        b'<meta property="og:site_name" content="a' + b" (a" * 300_000 + b'">',
        b"<h1>" * 50_000,
        b"<meta name=keywords content='" + b"a," * 100_000 + b"'>",
    ],
    ids=lambda body: f"{body[:24]!r}*{len(body)}",
)
async def test_a_strange_page_ends_soon_and_without_harm(parser: Parser, body: bytes) -> None:
    started = time.monotonic()
    # Read or refused: what counts is that an answer comes, and that the next page is read.
    with contextlib.suppress(ScrapeFailed, TooLarge):
        await page(parser, body)
    assert time.monotonic() - started < parsing.TIMEOUT_S
    assert (await page(parser, b"<title>Next</title>")).title == "Next"


async def test_the_loop_goes_on_while_a_page_is_read(parser: Parser) -> None:
    loop = asyncio.get_running_loop()
    reading = asyncio.create_task(page(parser, b"<p>a</p>" * 20_000))
    worst = 0.0
    while not reading.done():
        before = loop.time()
        await asyncio.sleep(0)
        worst = max(worst, loop.time() - before)
    assert worst < 1


@own
async def test_when_the_process_dies_the_next_page_starts_another_which_ends_with_its_owner() -> None:
    async with open_parser(at_once=1) as parser:
        before = parser.process.pid
        os.kill(before, signal.SIGKILL)
        assert (await page(parser, b"<title>Acme</title>")).title == "Acme"
        assert parser.process.pid != before
        parser.control.close()
        await eventually(lambda: ended(parser))


async def ended(parser: Parser) -> bool:
    return parser.process.poll() == 0


@own
async def test_a_page_whose_process_is_killed_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """And one whose process hangs is given up."""
    async with open_parser(at_once=2) as parser:
        await page(parser, b"")
        slow = asyncio.create_task(page(parser, b"<div>" * 200_000))
        quick = asyncio.create_task(page(parser, b"<title>Quick</title>"))
        assert (await quick).title == "Quick"
        await eventually(lambda: kill_children(parser.process.pid, slow))
        with pytest.raises(ScrapeFailed, match="can't be read"):
            await slow
        monkeypatch.setattr(parsing, "TIMEOUT_S", 0.2)
        os.kill(parser.process.pid, signal.SIGSTOP)
        with pytest.raises(ScrapeFailed):
            await page(parser, b"<title>Acme</title>")


async def kill_children(pid: int, page: asyncio.Task[Page]) -> bool:
    """True once the page has ended: one whose process is killed before it said a word gets a second one."""
    with open(f"/proc/{pid}/task/{pid}/children") as listed:  # noqa: ASYNC230, PTH123  the kernel answers at once
        children = [int(child) for child in listed.read().split()]
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    return page.done()


async def test_no_more_pages_at_once_than_asked_for() -> None:
    async with open_parser(at_once=1) as parser:
        pages = [page(parser, b"<title>%d</title>" % number) for number in range(20)]
        assert [found.title for found in await asyncio.gather(*pages)] == [
            str(number) for number in range(20)
        ]
