"""Drawing of one page: drives its jailed browser until the page is quiet or near a limit, and reads it."""

import asyncio
from base64 import b64decode
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from domain.values.ssrf_guard import MAX_URL_CHARACTERS
from workers.ingest.page.address import site_of_url
from workers.ingest.render.jail import JailedBrowser, open_jailed_browser
from workers.ingest.render.limits import READING_SHARE, DrawingEnd, DrawingLimits, ResourceUsage, find_exceeded_limit
from workers.ingest.render.pipe import BrowserUnusable, DevToolsMessage, DevToolsPipe
from workers.ingest.render.requests import FetchResource, PausedRequest, ResourceAnswers, parse_paused_request
from workers.web.fetch import FetchedResponse

WINDOW_WIDTH_PX = 1280
WINDOW_HEIGHT_PX = 900
SCREENSHOT_QUALITY_PERCENT = 80
#: Characters of the drawn HTML that are read, as many as of a fetched page.
MAX_DRAWN_HTML_CHARS = 2 << 20
#: Seconds after the last answer, once the page has loaded, until it counts as drawn.
QUIET_S = 0.5
#: Seconds between two looks at the processes' use of the machine.
USAGE_CHECK_INTERVAL_S = 0.1

#: Shadow roots within each other that are read: of a page that nests more of them the innermost ones are left out. At
#: some 2,000 the script would overflow its stack.
MAX_NESTED_SHADOW_ROOTS = 512

#: Runs in a world of its own: the page's scripts can't replace its functions. The copy is in a document that loads
#: nothing, and has the content of open shadow roots in its elements: outerHTML leaves them out.
READING_SCRIPT = f"""
(() => {{
  const inert = document.implementation.createHTMLDocument("");
  const list = (node) => [node, ...node.querySelectorAll("*")];
  const copy = (node, depth) => {{
    const twin = inert.importNode(node, true), twins = list(twin);
    list(node).forEach((element, index) => {{
      const children = depth < {MAX_NESTED_SHADOW_ROOTS} ? element.shadowRoot?.children : null;
      for (const child of children ?? []) twins[index].append(copy(child, depth + 1));
    }});
    return twin;
  }};
  const page = document.documentElement;
  const drawn = list(page).some((element) => element.shadowRoot) ? copy(page, 0) : page;
  return [location.href, drawn.outerHTML.slice(0, {MAX_DRAWN_HTML_CHARS})];
}})()"""
#: Targets that run: others, such as service workers, wait for a debugger for ever.
RUNNING_TARGET_KINDS = frozenset({"page", "iframe", "worker"})


class DrawnPage(NamedTuple):
    """Page as drawn: its address and HTML, its screenshot (JPEG); None for each that could not be read.

    An address that is too long to fetch is that of the fetched page. `ended_by` is the cause of an early end,
    `usage` the most that the processes used.
    """

    url: str
    html: str | None
    screenshot: bytes | None
    ended_by: DrawingEnd | None
    usage: ResourceUsage


async def draw_page_in_jail(
    chromium: str, page: FetchedResponse, fetch: FetchResource, limits: DrawingLimits
) -> DrawnPage:
    """Draw a fetched page in a jail of its own, and return it. All its processes have ended by then."""
    async with open_jailed_browser(chromium, limits) as browser:
        return await PageDrawing(browser, page, fetch, limits).draw()


class PageDrawing:
    """State of a drawing: its tasks, the page's session and frame, and the parts that were read so far."""

    def __init__(
        self, browser: JailedBrowser, page: FetchedResponse, fetch: FetchResource, limits: DrawingLimits
    ) -> None:
        stdin, stdout = browser.process.stdin, browser.process.stdout
        assert stdin is not None  # noqa: S101  both are pipes
        assert stdout is not None  # noqa: S101
        self.browser, self.limits, self.url = browser, limits, page.url
        self.pipe = DevToolsPipe(stdout, stdin)
        self.answers = ResourceAnswers(self.pipe, page, fetch, limits)
        self.tasks = set[asyncio.Task[None]]()
        self.page_session = self.main_frame = ""
        self.is_loaded = self.has_ended = False
        self.html: str | None = None
        self.screenshot: bytes | None = None
        self.usage = ResourceUsage()

    async def draw(self) -> DrawnPage:
        """Draw the page until it is read, or until a limit; cancel all tasks then."""
        try:
            self.start(self.handle_events)
            self.watch_target("")
            self.pipe.send("Browser.setDownloadBehavior", {"behavior": "deny"})
            ended_by = await self.wait_until_read()
        finally:
            for task in self.tasks:
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)
        return DrawnPage(self.url, self.html, self.screenshot, ended_by, self.usage)

    def start(self, work: Callable[..., Awaitable[None]], *args: PausedRequest) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(self.run_until_browser_ends(work, *args))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    async def run_until_browser_ends(self, work: Callable[..., Awaitable[None]], *args: PausedRequest) -> None:
        try:
            await work(*args)
        except (BrowserUnusable, ConnectionError):
            self.has_ended = True

    async def wait_until_read(self) -> DrawingEnd | None:
        """Read the page once it is quiet or near a limit; return the cause of an early end, or None.

        The page is read once. It is near a limit at `READING_SHARE` of it, or if it requests without an end.
        """
        reading: asyncio.Task[None] | None = None
        near: DrawingEnd | None = None
        while True:
            await asyncio.sleep(USAGE_CHECK_INTERVAL_S)
            self.usage = self.usage.keep_higher(await asyncio.to_thread(self.browser.measure_usage))
            if ended_by := find_exceeded_limit(self.usage, self.limits):
                return ended_by
            if reading and reading.done():
                return near or ("crash" if self.html is None else "requests" if self.answers.is_over_limit else None)
            if self.has_ended:
                return "crash"
            if reading is None and self.page_session:
                near = find_exceeded_limit(self.usage, self.limits, READING_SHARE)
                near = near or ("requests" if self.answers.is_flooded else None)
                if near or (self.is_loaded and self.answers.is_quiet_for(QUIET_S)):
                    reading = self.start(self.read_page)

    async def read_page(self) -> None:
        """Read the page's address and HTML, then its screenshot. Raises `BrowserUnusable`."""
        world = await self.pipe.call(
            "Page.createIsolatedWorld", {"frameId": self.main_frame, "worldName": "reader"}, self.page_session
        )
        evaluation = {"expression": READING_SCRIPT, "contextId": world["executionContextId"], "returnByValue": True}
        read = await self.pipe.call("Runtime.evaluate", evaluation, self.page_session)
        if "exceptionDetails" in read:
            raise BrowserUnusable("the page has no root element")
        url, html = read["result"]["value"]
        if not url.startswith(("http://", "https://")):
            raise BrowserUnusable("the page has moved to an address of the browser itself")
        address = url.partition("#")[0]
        if len(address) <= MAX_URL_CHARACTERS and site_of_url(address) == self.answers.site:
            self.url = address
        self.html = html
        picture = {"format": "jpeg", "quality": SCREENSHOT_QUALITY_PERCENT}
        shot = await self.pipe.call("Page.captureScreenshot", picture, self.page_session)
        self.screenshot = b64decode(shot["data"])

    def watch_target(self, session: str) -> None:
        """Let the session's new targets wait until they are watched, too."""
        options = {"autoAttach": True, "waitForDebuggerOnStart": True, "flatten": True}
        self.pipe.send("Target.setAutoAttach", options, session)

    async def handle_events(self) -> None:
        """Handle the browser's events until its end. Raises `BrowserUnusable` then."""
        async for event in self.pipe.iterate_events():
            match event.method:
                case "Target.attachedToTarget":
                    self.handle_new_target(event)
                case "Fetch.requestPaused":
                    request = parse_paused_request(event)
                    if self.answers.admit(request, self.main_frame):
                        self.start(self.answers.answer, request)
                case "Page.javascriptDialogOpening":
                    is_leaving = event.params.get("type") == "beforeunload"
                    self.pipe.send("Page.handleJavaScriptDialog", {"accept": is_leaving}, event.session)
                case "Page.frameStoppedLoading" if event.params["frameId"] == self.main_frame:
                    self.is_loaded = self.answers.main_documents > 0
                case "Inspector.targetCrashed" | "Target.detachedFromTarget":
                    lost = event.params.get("sessionId", event.session)
                    self.has_ended |= lost == self.page_session

    def handle_new_target(self, event: DevToolsMessage) -> None:
        """Pause all requests of a new target and let it run; close a window that the page opens."""
        target, session = event.params["targetInfo"], event.params["sessionId"]
        if target["type"] == "page" and self.page_session:
            self.pipe.send("Target.closeTarget", {"targetId": target["targetId"]})
        elif target["type"] in RUNNING_TARGET_KINDS:
            self.pipe.send("Fetch.enable", {"patterns": [{"urlPattern": "*"}]}, session)
            self.watch_target(session)
            self.pipe.send("Runtime.runIfWaitingForDebugger", {}, session)
            if target["type"] == "page":
                self.page_session, self.main_frame = session, target["targetId"]
                self.start(self.open_page)

    async def open_page(self) -> None:
        """Open the page once its events are on: else the end of its load may come before. Raises `BrowserUnusable`."""
        await self.pipe.call("Page.enable", {}, self.page_session)
        size = {"width": WINDOW_WIDTH_PX, "height": WINDOW_HEIGHT_PX, "deviceScaleFactor": 1, "mobile": False}
        await self.pipe.call("Emulation.setDeviceMetricsOverride", size, self.page_session)
        await self.pipe.call("Page.navigate", {"url": self.url}, self.page_session)
