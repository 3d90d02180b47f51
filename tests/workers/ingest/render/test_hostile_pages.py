"""Hostile pages in a jailed Chromium: each ends within its limits, and leaves nothing behind."""

import pytest

from tests.workers.ingest.render.hostile_pages import HARMLESS_ENDS, HOSTILE_PAGES, TEXT
from tests.workers.ingest.render.scene import FOREVER, NARROW_LIMITS, WIDE_LIMITS, Leftovers, draw_site, forbidden_host
from tests.workers.web.web import raw_response, serve

pytestmark = pytest.mark.peers


@pytest.mark.parametrize("name", HOSTILE_PAGES)
async def test_a_hostile_page_ends_and_leaves_nothing(name: str) -> None:
    body, ends = HOSTILE_PAGES[name]
    limits = WIDE_LIMITS if ends == HARMLESS_ENDS else NARROW_LIMITS
    async with forbidden_host() as (host, left):
        page = raw_response(body=f"{TEXT}{body.replace('OUT', host)}")
        worker = raw_response(body=f"fetch('http://{host}/')", content_type="text/javascript")
        async with serve({"/": page, "/worker.js": worker, "/forever": FOREVER}) as site:
            drawn = await draw_site(site, limits=limits)
    assert drawn.ended_by in ends
    assert drawn.usage.cpu_s < limits.cpu_s + 1.5
    if ends == HARMLESS_ENDS:
        assert drawn.html is not None
        assert "Zap draws what you say." in drawn.html
        assert drawn.url.startswith(site.url())
    assert left == Leftovers([], [], [])
