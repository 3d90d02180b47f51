"""Pages that try to break the parser break at most their own process, in time and within memory."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from asyncio.subprocess import PIPE
from pathlib import Path

import msgspec
import pytest

from schemas import ids
from schemas.errors import FetchedSourceUnusable, SourceTooLarge
from tests.process_tree import descendants
from tests.waiting import PATIENCE_S, eventually
from tests.workers.generation.pieces import environment
from workers.ingest.parser import parser as parsing
from workers.ingest.parser.parser import DocumentParser, open_document_parser, parse_page
from workers.ingest.shapes import FetchedPage, ParsedPage

pytestmark = pytest.mark.timing
with_own_process = pytest.mark.usefixtures("own_parsing_process")

#: A page that takes half a second of CPU.
SLOW = b"<p>We make good bread for people of the town. " * 25_000


async def page(parser: DocumentParser, body: bytes) -> ParsedPage:
    return await parse_page(parser, FetchedPage(url="https://acme.test/", body=body))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\0\0\0",
        b"<p>a</p>" * 15_000,
        b"<table><tr><td>" * 10_000,
        b"<p " + b" ".join(b"a%d=1" % number for number in range(180_000)) + b">",
        b'<script type="application/ld+json">{"@type":"WebSite","name":"A"}</script>' * 10_000,
        b'<script type="application/ld+json">' + b" " * 400_000 + b"</script>",
        b"<title>" + b" - " * 300_000 + b"</title>",
        b'<meta property="og:site_name" content="a' + b" (a" * 300_000 + b'">',
        b"<h1>" * 50_000,
        b"<div>" * 30_000 + b"</div>" * 30_000,
        b"<div><template shadowrootmode=open>" * 3_000,
        b"<meta name=keywords content='" + b"a," * 100_000 + b"'>",
    ],
    ids=lambda body: f"{body[:24]!r}*{len(body)}",
)
async def test_a_hostile_page_ends_soon_and_harms_no_other(
    parser: DocumentParser, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the process's own limits end it: the parser's timeout is out of reach."""
    monkeypatch.setattr(parsing, "PARSER_REPLY_TIMEOUT_S", 2 * PATIENCE_S)
    # Read or refused: only an answer and the reading of the next page matter.
    async with asyncio.timeout(PATIENCE_S):
        with contextlib.suppress(FetchedSourceUnusable, SourceTooLarge):
            await page(parser, body)
    assert (await page(parser, b"<title>Next</title>")).title == "Next"


@with_own_process
async def test_the_parsing_process_has_no_settings_in_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings are secrets: a page that takes over its parser would read them there."""
    monkeypatch.setenv("VAULT_KEYS", "secret")
    async with open_document_parser() as own_parser:
        # Linux shows the environment of a new process only once the program is loaded.
        await page(own_parser, b"<title>Acme</title>")
        variables = environment(Path(f"/proc/{own_parser.parsing.process.pid}"))
    assert "OMP_NUM_THREADS" in variables
    assert "secret" not in variables


async def test_parsing_does_not_block_the_event_loop(parser: DocumentParser) -> None:
    reading = asyncio.create_task(page(parser, b"<p>a</p>" * 20_000))
    worst = 0.0
    while not reading.done():
        before = time.thread_time()
        await asyncio.sleep(0)
        worst = max(worst, time.thread_time() - before)
    assert worst < 1


@with_own_process
async def test_a_dead_process_is_replaced_and_ends_with_its_owner() -> None:
    async with open_document_parser(at_once=1) as parser:
        before = parser.parsing.process.pid
        os.kill(before, signal.SIGKILL)
        assert (await page(parser, b"<title>Acme</title>")).title == "Acme"
        assert parser.parsing.process.pid != before
        parser.parsing.control.close()
        await eventually(lambda: has_ended(parser))


async def has_ended(parser: DocumentParser) -> bool:
    return parser.parsing.process.poll() == 0


@with_own_process
async def test_a_page_whose_process_is_killed_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page is also given up if its process hangs."""
    async with open_document_parser(at_once=2) as parser:
        await page(parser, b"")
        slow = asyncio.create_task(page(parser, SLOW))
        quick = asyncio.create_task(page(parser, b"<title>Quick</title>"))
        assert (await quick).title == "Quick"
        await eventually(lambda: kill_children(parser.parsing.process.pid, slow))
        with pytest.raises(FetchedSourceUnusable, match="can't be read"):
            await slow
        monkeypatch.setattr(parsing, "PARSER_REPLY_TIMEOUT_S", 0.2)
        os.kill(parser.parsing.process.pid, signal.SIGSTOP)
        with pytest.raises(FetchedSourceUnusable):
            await page(parser, b"<title>Acme</title>")


async def kill_children(pid: int, page: asyncio.Task[ParsedPage]) -> bool:
    """Kill the children, and return whether the page ended. Its first silent process is replaced once."""
    for child in descendants(pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    return page.done()


#: A document's process that prints a line when it begins to read, and never ends.
ENDLESS = """
import socket, sys, time
from workers.ingest.parser import child
child.PARSER_BY_DOCUMENT_TYPE[child.FetchedPage] = lambda _: (print(flush=True), time.sleep(60))
child.parse_received_document_and_exit(socket.socket(fileno=int(sys.argv[1])), 5)
"""


async def test_a_page_is_abandoned_when_its_caller_leaves() -> None:
    """Else its process would share its slot with the next page's process."""
    parent_end, child_end = socket.socketpair()
    with child_end:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", ENDLESS, str(child_end.fileno()), pass_fds=[child_end.fileno()], stdout=PIPE
        )
    with parent_end:
        parent_end.sendall(msgspec.msgpack.encode(FetchedPage(url="https://acme.test/", body=b"")))
        parent_end.shutdown(socket.SHUT_WR)
        assert child.stdout
        assert await child.stdout.readline() == b"\n"
    assert await asyncio.wait_for(child.wait(), PATIENCE_S) == -signal.SIGIO


@with_own_process
async def test_a_page_that_takes_too_long_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process stops after its first byte, before it has the page."""
    async with open_document_parser(at_once=1) as parser:
        await page(parser, b"")
        monkeypatch.setattr(parsing, "PARSER_REPLY_TIMEOUT_S", 3.0)
        stopped, connect, pid = list[int](), parser.parsing.open_document_socket, parser.parsing.process.pid

        def connecting(cpu_s: int) -> socket.socket:
            before = descendants(pid)
            parent_end = connect(cpu_s)
            parent_end.recv(1, socket.MSG_PEEK)
            stopped.extend(child for child in descendants(pid) if child not in before)
            os.kill(stopped[-1], signal.SIGSTOP)
            return parent_end

        monkeypatch.setattr(parser.parsing, "open_document_socket", connecting)
        with pytest.raises(FetchedSourceUnusable):
            await page(parser, SLOW)
        [child] = stopped
        os.kill(child, signal.SIGCONT)


async def test_a_tenants_page_does_not_wait_for_another_tenants_queue() -> None:
    """Twenty slow pages are queued first; another tenant's page is read while the first of them is read."""
    async with open_document_parser(at_once=2) as opened:
        slow_pages = [asyncio.create_task(ended_page(opened.create_job_parser(BUSY_TENANT), SLOW)) for _ in range(20)]
        await eventually(lambda: has_begun(opened))
        assert (await page(opened.create_job_parser(ids.new_uuid7()), b"<title>Quick</title>")).title == "Quick"
        assert sum(slow_page.done() for slow_page in slow_pages) <= 1
        assert opened.parsing.slots.held[BUSY_TENANT] == 1
        for slow_page in slow_pages:
            slow_page.cancel()
        await asyncio.gather(*slow_pages, return_exceptions=True)
        assert not opened.parsing.slots.held


BUSY_TENANT = ids.new_uuid7()


async def ended_page(parser: DocumentParser, body: bytes) -> None:
    with contextlib.suppress(FetchedSourceUnusable, SourceTooLarge):
        await page(parser, body)


async def has_begun(parser: DocumentParser) -> bool:
    return bool(parser.parsing.slots.held[BUSY_TENANT])


async def test_a_jobs_pages_share_a_cpu_budget() -> None:
    async with open_document_parser(at_once=2) as opened:
        job = DocumentParser(opened.parsing, BUSY_TENANT, left_s=0.5)
        await asyncio.gather(*[ended_page(job, SLOW) for _ in range(3)])
        assert -1.0 < job.left_s <= 0.0
        with pytest.raises(FetchedSourceUnusable, match=r"all of the 15 s to read"):
            await page(job, b"<title>Acme</title>")
        assert (await page(opened.create_job_parser(BUSY_TENANT), b"<title>Next</title>")).title == "Next"


async def test_a_page_without_a_reply_costs_its_whole_grant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "PARSER_REPLY_TIMEOUT_S", 0.1)
    async with open_document_parser(at_once=2) as opened:
        job = DocumentParser(opened.parsing, BUSY_TENANT, left_s=0.9)
        with pytest.raises(FetchedSourceUnusable, match="can't be read"):
            await page(job, SLOW)
        assert job.left_s <= 0.0
