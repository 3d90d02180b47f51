"""Drawings of a test's site, and their leftovers: processes, files, connections to a forbidden host."""

import os
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from chaos.loopback_server import serve_loopback_tcp
from tests.peers.chromium import command
from tests.process_tree import alive, descendants
from tests.workers.web.web import Site, allowed_client, drip_after, raw_response
from workers.ingest.render.drawing import DrawnPage, draw_page_in_jail
from workers.ingest.render.jail import NOBODY_ID
from workers.ingest.render.limits import DrawingLimits
from workers.ingest.website.session import CrawlSession, build_crawl_resources
from workers.web.fetch import FetchedResponse

#: Limits that no harmless page reaches on a busy machine, and limits that end the others soon.
WIDE_LIMITS = DrawingLimits(cpu_s=6.0, memory_bytes=500 << 20, wall_s=30.0, requests=30)
NARROW_LIMITS = DrawingLimits(cpu_s=1.2, memory_bytes=400 << 20, wall_s=3.0, requests=30)
FOREVER = drip_after(raw_response(content_length="999999"))


async def draw_site(site: Site, path: str = "/", limits: DrawingLimits = WIDE_LIMITS) -> DrawnPage:
    """Draw a page of the site in a session of its own, as an ingest does."""
    async with allowed_client(site) as client:
        session = CrawlSession(build_crawl_resources(client))

        async def fetch(url: str, within: str | None, headers: Mapping[str, str]) -> FetchedResponse:
            return await session.request_url(url, "resource", within=within, headers=headers)

        page = await session.request_url(site.url(path), "page")
        return await draw_page_in_jail(command(), page, fetch, limits)


class Leftovers(msgspec.Struct):
    """Processes and files that drawings have left, and bytes that a forbidden host got."""

    processes: list[str]
    files: list[str]
    connections: list[str]


@asynccontextmanager
async def forbidden_host() -> AsyncIterator[tuple[str, Leftovers]]:
    """Listen on loopback for connections that no page may open; yield the host, and the leftovers as of the end."""
    connections, before = list[str](), {*list_files_of_nobody()}
    left = Leftovers([], [], connections)

    async def connected(reader: object, writer: object) -> None:
        connections.append(str(writer))

    async with serve_loopback_tcp(connected, port=0, tls=None) as port:
        yield f"127.0.0.1:{port}", left
    left.files = sorted({*list_files_of_nobody()} - before)
    left.processes = [str(pid) for pid in list_browser_processes()]


def list_browser_processes() -> list[int]:
    """Return the living processes of this process's drawings."""
    return [pid for pid in descendants(os.getpid()) if alive(pid) and b"/tmp/profile" in read_words(pid)]


def read_words(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def list_files_of_nobody() -> Iterator[str]:
    """Yield files of the jail's user, or of a browser, in folders that anybody may write."""
    for folder in {tempfile.gettempdir(), "/tmp", "/dev/shm"}:
        for entry in os.scandir(folder):
            if entry.stat(follow_symlinks=False).st_uid == NOBODY_ID or "chromium" in entry.name:
                yield entry.path
