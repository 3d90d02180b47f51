"""Drawings of a page by a jailed Chromium: its text, its picture, its jail, and its early ends."""

import asyncio
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.process_tree import descendants
from tests.waiting import PATIENCE_S
from tests.workers.ingest.render.hostile_pages import TEXT
from tests.workers.ingest.render.scene import (
    WIDE_LIMITS,
    Leftovers,
    draw_site,
    forbidden_host,
    list_browser_processes,
    read_words,
)
from tests.workers.ingest.render.shell import SHELL_ANSWERS, TAGLINE, hold_data
from tests.workers.web.web import raw_response, serve
from workers.ingest.pictures.measure import measure_image_type_and_size
from workers.ingest.render.drawing import MAX_NESTED_SHADOW_ROOTS
from workers.ingest.render.jail import NOBODY_ID
from workers.ingest.render.limits import DrawingLimits

pytestmark = pytest.mark.peers

#: CPU seconds of a drawn page, by the issue.
MAX_PAGE_CPU_S = 3.0


async def test_a_shell_has_its_text_and_a_picture() -> None:
    async with serve(SHELL_ANSWERS) as site:
        drawn = await draw_site(site, limits=DrawingLimits())
    assert drawn.ended_by is None
    assert drawn.html is not None
    assert f"<h1>{TAGLINE}</h1>" in drawn.html
    assert site.paths == ["/robots.txt", "/", "/app.js", "/data.json"]
    assert drawn.usage.cpu_s < MAX_PAGE_CPU_S
    assert drawn.screenshot is not None
    assert measure_image_type_and_size(drawn.screenshot) == ("image/jpeg", 1280, 900)


async def test_the_jail_has_another_user_no_network_and_chromiums_sandbox() -> None:
    held, others = asyncio.Event(), {*descendants(os.getpid())}
    async with serve({**SHELL_ANSWERS, "/data.json": hold_data(held)}) as site:
        drawing = asyncio.ensure_future(draw_site(site))
        await asyncio.wait_for(held.wait(), PATIENCE_S)
        tree = {pid: read_words(pid) for pid in {*descendants(os.getpid())} - others}
        browsers = {pid: words for pid, words in tree.items() if b"chromium" in words.partition(b"\0")[0]}
        assert len(browsers) > 2
        for pid in browsers:
            assert_jailed(pid)
        assert not any(b"--no-sandbox" in words for words in browsers.values())
        renderers = [pid for pid, words in browsers.items() if b"--type=renderer" in words]
        statuses = [read_status(pid) for pid in renderers]
        assert {(status["Seccomp"], int(status["CapEff"], 16)) for status in statuses} == {("2", 0)}
        drawing.cancel()
        await asyncio.wait([drawing])
        assert list_browser_processes() == []


def assert_jailed(pid: int) -> None:
    status = read_status(pid)
    assert status["NoNewPrivs"] == "1"
    assert status["Uid"].split()[0] == str(NOBODY_ID)
    for kind in ("net", "pid", "mnt", "ipc"):
        assert Path(f"/proc/{pid}/ns/{kind}").readlink() != Path(f"/proc/self/ns/{kind}").readlink()


def read_status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


async def test_a_canceled_drawing_leaves_nothing() -> None:
    """It is canceled at each of some moments, from the start of the browser to its picture."""
    async with forbidden_host() as (_, left), serve(SHELL_ANSWERS) as site:
        for moment_s in (0.0, 0.05, 0.1, 0.2, 0.4, 0.8):
            with suppress(TimeoutError):
                await asyncio.wait_for(draw_site(site, limits=WIDE_LIMITS), 0.02 + moment_s)
    assert left == Leftovers([], [], [])


async def test_a_page_near_a_limit_is_read_as_it_is_so_far() -> None:
    busy = "<script>setInterval(() => { const end = Date.now() + 40; while (Date.now() < end); }, 45)</script>"
    loading = "<img src='/forever'>"
    async with serve({"/": raw_response(body=f"{TEXT}{busy}{loading}")}) as site:
        drawn = await draw_site(site, limits=DrawingLimits(cpu_s=2.0, wall_s=60))
    assert drawn.ended_by in {"cpu", None}
    assert drawn.html is not None
    assert "Zap draws what you say." in drawn.html


async def test_a_moved_page_has_its_new_address() -> None:
    moving = raw_response(body=f"{TEXT}<script>location = '/en/#top'</script>")
    moved = raw_response(body=f"{TEXT}<p>Here.<script>history.pushState(0, '', '/en/start')</script>")
    async with serve({"/": moving, "/en/": moved}) as site:
        drawn = await draw_site(site)
    assert drawn.url == site.url("/en/start")
    assert drawn.html is not None
    assert "Here." in drawn.html


async def test_an_address_that_is_too_long_to_fetch_is_not_taken_over() -> None:
    script = "<script>history.pushState(0, '', '/' + 'a'.repeat(200000))</script>"
    async with serve({"/": raw_response(body=f"{TEXT}{script}")}) as site:
        drawn = await draw_site(site)
    assert drawn.ended_by is None
    assert drawn.url == site.url()


async def test_a_page_without_a_root_ends_as_a_crash() -> None:
    script = "<script>onload = () => document.documentElement.remove()</script>"
    async with serve({"/": raw_response(body=f"{TEXT}{script}")}) as site:
        drawn = await draw_site(site)
    assert (drawn.html, drawn.ended_by) == (None, "crash")


async def test_text_in_shadow_roots_is_read() -> None:
    script = """
    const grow = (host, html) => (host.attachShadow({mode: "open"}).innerHTML = html, host.shadowRoot.firstElementChild)
    const box = grow(document.querySelector("x-app"), "<section><h1>Boats for all</h1><x-card></x-card></section>")
    grow(box.querySelector("x-card"), "<p>With life vests.</p>")
    """
    async with serve({"/": raw_response(body=f"<p>Menu</p><x-app></x-app><script>{script}</script>")}) as site:
        drawn = await draw_site(site)
    assert drawn.html is not None
    assert "<section><h1>Boats for all</h1><x-card><p>With life vests.</p></x-card></section></x-app>" in drawn.html


async def test_shadow_roots_in_each_other_are_read_to_a_depth() -> None:
    """The page hides them: Chromium can't lay out 3,000 of them itself."""
    script = """
    let inner = document.querySelector("x-app")
    for (let depth = 0; depth < 3000; depth++) {
        const root = inner.attachShadow({mode: "open"})
        root.innerHTML = "<p>Bo" + "at</p>"
        inner = root.firstElementChild
    }
    """
    page = f"<h1>Boats for all</h1><x-app style='display: none'></x-app><script>{script}</script>"
    async with serve({"/": raw_response(body=page)}) as site:
        drawn = await draw_site(site)
    assert drawn.ended_by is None
    assert drawn.html is not None
    assert "<h1>Boats for all</h1>" in drawn.html
    assert drawn.html.count("<p>Boat") == MAX_NESTED_SHADOW_ROOTS


async def test_a_page_too_deep_to_lay_out_ends_soon_as_a_crash() -> None:
    script = """
    let inner = document.body
    for (let depth = 0; depth < 30000; depth++) {
        inner.append(document.createElement("div"))
        inner = inner.lastElementChild
    }
    """
    async with serve({"/": raw_response(body=f"{TEXT}<script>{script}</script>")}) as site:
        drawn = await draw_site(site)
    assert (drawn.html, drawn.ended_by) == (None, "crash")
    assert drawn.usage.cpu_s < MAX_PAGE_CPU_S


def test_a_normal_user_draws_in_namespaces_of_its_own() -> None:
    """A user that isn't root in any namespace: the jail then has a user namespace, too."""
    words = ["unshare", "--user", "--map-user=1000", "--map-group=1000", sys.executable, "-m"]
    printed = subprocess.run(
        [*words, "tests.workers.ingest.render.draw_shell"],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    assert TAGLINE in printed.stdout
