"""Drawer of pages: the Chromium of a worker process, used by one drawing at a time, tenant after tenant."""

import asyncio
import shutil
from collections.abc import Hashable
from contextlib import AsyncExitStack

import msgspec

from telemetry import logs
from telemetry.metrics import PAGE_DRAWING_COUNTER, PAGE_DRAWING_CPU_SECONDS_HISTOGRAM
from workers.ingest.render.drawing import DrawnPage, draw_page_in_jail
from workers.ingest.render.jail import can_open_jail
from workers.ingest.render.limits import DrawingEnd, DrawingLimits, ResourceUsage
from workers.ingest.render.requests import FetchResource
from workers.runtime.fair_slots import SlotsSharedFairlyByTenants
from workers.web.fetch import FetchedResponse

#: Names of the program, the one with the least CPU first: the headless shell takes half of Chromium's.
CHROMIUM_NAMES = ("chromium-headless-shell", "chromium")
#: The value of the setting for no drawing.
NO_CHROMIUM = "off"
#: Drawings at once in a worker process.
MAX_PARALLEL_DRAWINGS = 1
#: Seconds that a drawing needs at least: with less left it is not started.
MIN_DRAWING_S = 5.0

_log = logs.get_logger("drawing")


class PageDrawer:
    """Chromium at the path `chromium`, and the slots of its drawings."""

    def __init__(self, chromium: str, limits: DrawingLimits | None = None) -> None:
        self.chromium, self.limits = chromium, limits or DrawingLimits()
        self.slots = SlotsSharedFairlyByTenants(MAX_PARALLEL_DRAWINGS)

    async def draw_page(
        self, page: FetchedResponse, fetch: FetchResource, *, tenant: Hashable, within_s: float
    ) -> DrawnPage:
        """Draw a fetched page in the tenant's turn; return it within `within_s` seconds, also if nothing was drawn."""
        ends_at = asyncio.get_running_loop().time() + within_s
        async with AsyncExitStack() as held:
            try:
                async with asyncio.timeout_at(ends_at - MIN_DRAWING_S):
                    await held.enter_async_context(self.slots.hold_slot(tenant))
            except TimeoutError:
                drawn = build_undrawn_page(page, "busy")
            else:
                left_s = ends_at - asyncio.get_running_loop().time()
                drawn = await self.draw_in_turn(page, fetch, left_s)
                PAGE_DRAWING_CPU_SECONDS_HISTOGRAM.observe(drawn.usage.cpu_s)
        PAGE_DRAWING_COUNTER.labels(drawn.ended_by or "drawn").inc()
        return drawn

    async def draw_in_turn(self, page: FetchedResponse, fetch: FetchResource, left_s: float) -> DrawnPage:
        """Draw a page within `left_s` seconds; a browser that can't be started counts as one that crashes."""
        limits = msgspec.structs.replace(self.limits, wall_s=min(self.limits.wall_s, left_s))
        try:
            return await draw_page_in_jail(self.chromium, page, fetch, limits)
        except OSError as error:
            _log.warning("Chromium was not started", error=str(error))
            return build_undrawn_page(page, "crash")


def build_undrawn_page(page: FetchedResponse, ended_by: DrawingEnd) -> DrawnPage:
    return DrawnPage(page.url, None, None, ended_by, ResourceUsage())


async def find_page_drawer(setting: str) -> PageDrawer | None:
    """Return the drawer with the Chromium of the setting, by default one on the path; None if none is usable.

    A Chromium that can't run in its jail is not used, and a warning is logged.
    """
    names = CHROMIUM_NAMES if not setting else () if setting == NO_CHROMIUM else (setting,)
    chromium = next(filter(None, map(shutil.which, names)), None)
    if chromium and not await can_open_jail():
        _log.warning("no page is drawn: this host lets Chromium have no namespaces", chromium=chromium)
        chromium = None
    elif setting not in {"", NO_CHROMIUM} and not chromium:
        _log.warning("no page is drawn: INGEST_CHROMIUM_PATH names no program", chromium=setting)
    return PageDrawer(chromium) if chromium else None
