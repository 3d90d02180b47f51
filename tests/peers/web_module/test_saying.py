"""Events of a page in Chromium: each once, with its context, and only with consent."""

import re
import time

import pytest

from tests.peers.chromium import BrowserTab
from tests.peers.web_module.pages import KEPT, KEY, EventServer, PlannedResponse, blank, leave, still, tab, track
from tests.waiting import until

pytestmark = pytest.mark.peers

UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def test_events_of_a_page_arrive_once_with_their_context(page: BrowserTab, server: EventServer) -> None:
    still(page)
    page.run("document.cookie = 'site=1'")
    page.run("tenantry.page()")
    first = track(page, "content_open", plan="pro")
    page.run("tenantry.identify(42, {plan: 'pro'})")
    second = track(page, "purchase_success", value=9.5, currency="EUR")
    page.run("tenantry.flush()")
    [came] = server.came
    assert [event["name"] for event in came.events] == [
        "$page", "content_open", "$identify", "purchase_success",
    ]  # fmt: skip
    assert [event.get("appUserId") for event in came.events] == [None, None, "42", "42"]
    assert len({event["anonymousId"] for event in came.events}) == 1
    assert first + second == [came.ids[1], came.ids[3]]
    assert came.events[1]["context"]["page"] == {
        "url": f"{server.site}/", "path": "/", "title": "Shop", "referrer": "",
    }  # fmt: skip
    assert (came.events[1]["properties"], came.key) == ({"plan": "pro"}, KEY)
    assert page.run(KEPT) == 0
    # The module sets and sends no cookie, and its request needs no preflight.
    assert page.run("document.cookie") == "site=1"
    assert "cookie" not in came.headers
    kind = (came.headers["content-type"], came.headers["origin"])
    assert kind == ("text/plain;charset=UTF-8", server.site)


def test_urls_are_sent_without_query(browser: BrowserTab, server: EventServer) -> None:
    """Includes the referrer, which the browser passes on whole within a site."""
    server.open(browser, "/reset")
    browser.run("history.replaceState({}, '', '/reset?token=secret#secret')")
    browser.run("void (location.href = '/new?code=secret#secret')")
    browser.until("location.pathname === '/new' && globalThis.tenantry?.init")
    assert browser.run("document.referrer") == f"{server.site}/reset?token=secret"
    browser.run(server.init())
    track(browser, "one")
    browser.run("tenantry.flush()")
    page_context = server.events[0]["context"]["page"]
    assert (page_context["url"], page_context["referrer"]) == (f"{server.site}/new", f"{server.site}/reset")
    assert "secret" not in str(server.events)


def test_event_ids_are_ordered_uuids(page: BrowserTab, server: EventServer) -> None:
    ids = track(page, *map(str, range(99)))
    assert all(UUID7.fullmatch(one) for one in ids)
    assert ids == sorted(ids)
    assert len(set(ids)) == 99
    made = int(ids[0].replace("-", "")[:12], 16) / 1000
    assert abs(time.time() - made) < 60
    page.run("tenantry.flush()")
    assert server.taken == ids


def test_nothing_is_stored_or_sent_without_consent(browser: BrowserTab, server: EventServer) -> None:
    server.open(browser, consent=False)
    browser.run("tenantry.page(), tenantry.identify('42')")
    assert None in track(browser, "one")
    browser.run("tenantry.flush()")
    leave(browser)
    server.open(browser, consent=False)
    assert (browser.run("Object.keys(localStorage)"), server.came) == ([], [])
    browser.run("tenantry.consent(true)")
    ids = track(browser, "two")
    browser.run("tenantry.flush()")
    assert server.taken == ids


def test_withdrawn_consent_applies_to_all_tabs(page: BrowserTab, server: EventServer) -> None:
    with tab(page, server) as other:
        still(page, other)
        track(other, "one")
        track(page, "two")
        page.run("tenantry.consent(false)")
        other.until("tenantry.track('three') === undefined")
        for each in (page, other):
            # A tab notices another tab's storage changes with a delay.
            each.until("Object.keys(localStorage).length === 0")
            each.run("tenantry.flush()")
    leave(page)
    assert server.came == []


def test_stored_data_stays_until_consent_is_decided(page: BrowserTab, server: EventServer) -> None:
    server.answer = lambda _: None
    ids = track(page, "one")
    leave(page)
    until(lambda: server.came)
    server.answer = lambda _: PlannedResponse()
    server.open(page, consent=None)
    assert [*track(page, "two"), page.run(KEPT)] == [None, 1]
    page.run("tenantry.consent(true), tenantry.flush()")
    assert server.taken == ids


def test_calls_before_the_script_are_replayed(browser: BrowserTab, server: EventServer) -> None:
    options = server.init().removeprefix("tenantry.init(").removesuffix(")")
    server.script = f"(window.tenantry = []).push(['init', {options}], ['track', 'early'])"
    with blank(browser) as page:
        page.open(f"{server.site}/early", "location.pathname === '/early' && globalThis.tenantry?.init")
        assert page.run(f"import('{server.url}/sdk/v1/tenantry.js?again').then(() => tenantry.track('late'))")
        page.run("tenantry.flush()")
        assert server.names == ["early", "late"]
        assert page.troubles == []


def test_sign_out_starts_a_new_anonymous_id(page: BrowserTab, server: EventServer) -> None:
    page.run("tenantry.identify('42')")
    page.run("tenantry.identify(null)")
    track(page, "one")
    page.run("tenantry.flush()")
    before, after = server.events
    assert (before["appUserId"], after.get("appUserId")) == ("42", None)
    assert before["anonymousId"] != after["anonymousId"]
