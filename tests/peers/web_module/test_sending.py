"""Delivery of a page's events in Chromium: none is lost with a page, a connection or a response."""

import threading

import pytest

from tests.peers.chromium import BrowserTab
from tests.peers.web_module.pages import KEPT, EventServer, PlannedResponse, ReceivedBatch, leave, still, tab, track
from tests.waiting import until

pytestmark = pytest.mark.peers

AGAIN = "dispatchEvent(new Event('online')), tenantry.flush()"


@pytest.mark.parametrize("sandboxed", [False, True], ids=["storage", "blocked storage"])
def test_page_end_loses_no_event(browser: BrowserTab, server: EventServer, sandboxed: bool) -> None:
    if sandboxed:
        server.headers["Content-Security-Policy"] = "sandbox allow-scripts"
    server.open(browser)
    assert browser.run("(() => { try { localStorage; } catch (error) { return true; } return false; })()") is sandboxed
    ids = track(browser, "one", "two")
    leave(browser)
    until(lambda: server.taken == ids)


def test_hidden_page_sends_immediately(page: BrowserTab, server: EventServer) -> None:
    ids = track(page, "one")
    page.run("Object.defineProperty(document, 'hidden', {value: true})")
    page.run("document.dispatchEvent(new Event('visibilitychange', {bubbles: true}))")
    until(lambda: server.taken == ids)
    page.until(f"{KEPT} === 0")


def test_events_over_the_page_end_limit_are_sent_by_the_next_page(page: BrowserTab, server: EventServer) -> None:
    """One request fits into the page's end; the next page sends the rest."""
    ids = track(page, *map(str, range(9)), text="é" * 10_000)
    leave(page)
    until(lambda: [came for came in server.came if came.size > 40_000])
    server.open(page)
    page.run("tenantry.flush()")
    until(lambda: {*server.taken} == {*ids})
    assert max(came.size for came in server.came) <= 65_536


def test_event_over_the_batch_limit_is_sent_alone(page: BrowserTab, server: EventServer) -> None:
    ids = track(page, "small") + track(page, "large", text="x" * 100_000)
    page.run("tenantry.flush()")
    assert server.taken == ids
    assert [len(came.ids) for came in server.came] == [1, 1]


@pytest.mark.parametrize("lost", ["answer", "request"])
def test_batch_with_a_lost_response_is_resent(page: BrowserTab, server: EventServer, lost: str) -> None:
    still(page)
    server.answer = lambda _: None if lost == "answer" else PlannedResponse(503)
    ids = track(page, "one", "two")
    page.run("tenantry.flush()")
    assert (server.taken, page.run(KEPT)) == ([], 2)
    server.answer = lambda _: PlannedResponse()
    page.run(AGAIN)
    assert [came.ids for came in server.came] == [ids, ids]
    assert (server.taken, page.run(KEPT)) == (ids, 0)


def test_nothing_is_sent_before_retry_after(page: BrowserTab, server: EventServer) -> None:
    server.answer = lambda _: PlannedResponse(429, (("Retry-After", "3600"),))
    track(page, "one")
    page.run("tenantry.flush()")
    track(page, "two")
    page.run("tenantry.flush()")
    assert server.names == ["one"]


def test_offline_events_are_sent_once_online(page: BrowserTab, server: EventServer) -> None:
    page.send("Network.enable")
    offline(page, yes=True)
    ids = track(page, "one", "two")
    page.run("tenantry.flush()")
    assert (server.came, page.run(KEPT)) == ([], 2)
    offline(page, yes=False)
    until(lambda: server.taken == ids)


def offline(page: BrowserTab, *, yes: bool) -> None:
    net = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    page.send("Network.emulateNetworkConditions", offline=yes, **net)


def test_queue_keeps_the_latest_thousand_events(page: BrowserTab, server: EventServer) -> None:
    still(page)
    server.answer = lambda _: PlannedResponse(503)
    ids = track(page, *map(str, range(1010)))
    assert page.run(KEPT) == 1000
    # Requests in flight are answered before the response changes.
    page.run("tenantry.flush()")
    server.answer = lambda _: PlannedResponse()
    page.run(AGAIN)
    assert {*ids[10:]} <= {*server.taken} <= {*ids}


def test_full_storage_loses_no_event(page: BrowserTab, server: EventServer) -> None:
    page.run("for (let size = 1 << 22; size; size >>= 1) { try { while (true) "
             "localStorage['fill' + Math.random()] = 'x'.repeat(size); } catch {} }")  # fmt: skip
    ids = track(page, "one", "two")
    leave(page)
    until(lambda: server.taken == ids)


@pytest.mark.parametrize("locks", [True, False], ids=["locks", "no locks"])
def test_two_tabs_lose_no_event(page: BrowserTab, server: EventServer, locks: bool) -> None:
    """With locks one tab sends for both, each event once, while the other tab waits."""
    held, go = threading.Event(), threading.Event()

    def hold(_: ReceivedBatch) -> PlannedResponse:
        held.set()
        assert go.wait(60)
        return PlannedResponse()

    with tab(page, server) as other:
        if not locks:
            for each in (page, other):
                each.run("void Object.defineProperty(Navigator.prototype, 'locks', {value: undefined})")
        ids = track(page, "one", "two")
        server.answer = hold
        page.run("void tenantry.flush()")
        assert held.wait(60)
        ids += track(other, "three")
        other.run("void tenantry.flush()")
        ids += track(page, "four") + track(other, "five")
        go.set()
        until(lambda: {*server.taken} >= {*ids[:3]})
        page.run("tenantry.flush()")
        other.run("tenantry.flush()")
        page.until(f"{KEPT} === 0")
        assert {*server.taken} == {*ids}
        assert not locks or len(server.taken) == len(ids)


def test_events_of_a_crashed_tab_are_sent_by_another(page: BrowserTab, server: EventServer) -> None:
    held = threading.Event()

    def hold(_: ReceivedBatch) -> None:
        held.set()

    with tab(page, server) as other:
        server.answer = hold
        ids = track(other, "one")
        other.run("void tenantry.flush()")
        assert held.wait(60)
    server.answer = lambda _: PlannedResponse()
    page.run("tenantry.flush()")
    until(lambda: {*server.taken} == {*ids})
    page.until(f"{KEPT} === 0")


def test_only_rejected_events_are_dropped(page: BrowserTab, server: EventServer) -> None:
    server.answer = lambda came: (
        PlannedResponse(422) if "bad" in [event["name"] for event in came.events] else PlannedResponse()
    )
    ids = track(page, "one", "two", "bad", "three", "four")
    page.run("tenantry.flush()")
    assert sorted(server.taken) == sorted([*ids[:2], *ids[3:]])
    assert page.run(KEPT) == 0


def test_invalid_key_stops_only_its_page(page: BrowserTab, server: EventServer) -> None:
    server.answer = lambda _: PlannedResponse(401)
    ids = track(page, "one")
    page.run("tenantry.flush()")
    ids += track(page, "two")
    page.run(AGAIN)
    assert len(server.came) == 1
    server.answer = lambda _: PlannedResponse()
    server.open(page)
    page.run("tenantry.flush()")
    assert server.taken == ids
