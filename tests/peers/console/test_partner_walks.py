"""Walks of a partner in the console, each from the first key press or click to the API."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from db.pool import use_unpooled_pg_connection
from schemas import ids
from tests import seeds
from tests.peers.chromium import BrowserTab
from tests.peers.console.actions import (
    centre,
    click,
    press,
    record_notices,
    scroll_to,
    send,
    swipe,
    touch,
    wait_for_notice,
    write,
)
from tests.peers.console.shop import HOSTILE, FilledShop, shop, upload_content

pytestmark = pytest.mark.peers

PROJECT = "projects/{project}"


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilledShop]:
    with shop(tmp_path_factory.mktemp("console"), posts=False) as made:
        yield made


def tab_to(page: BrowserTab, what: str) -> None:
    """Press Tab until the focused element matches the selector."""
    for _ in range(80):
        if page.run(f"document.activeElement.matches({what!r})"):
            return
        press(page, "Tab")
    raise AssertionError(f"the keyboard never comes to {what}")


def select_option(page: BrowserTab, select: str, value: str) -> None:
    """Press ArrowDown in a list until it has the value."""
    for _ in range(20):
        if page.run(f"document.querySelector({select!r}).value") == value:
            return
        press(page, "ArrowDown")
    raise AssertionError(f"{value} is not in {select}")


def test_keyboard_schedules_a_post(quiet: FilledShop, page: BrowserTab) -> None:
    quiet.open(page, f"{PROJECT}/calendar", "document.querySelector('main .heading button.primary')")
    page.run("document.body.focus()")
    tab_to(page, "main .heading button.primary")
    press(page, "Enter")
    page.until("document.querySelector('dialog[open] select[name=contentId] option:nth-child(2)')")
    tab_to(page, "dialog [name=contentId]")
    select_option(page, "dialog [name=contentId]", quiet.contents[0])
    tab_to(page, f"dialog [name=targets][value={quiet.account}]")
    press(page, " ")
    tab_to(page, "dialog button.primary")
    press(page, "Enter")
    page.until("document.querySelector('.notice.good')")
    with quiet.api.client() as client:
        [post, *_] = client.get(f"/projects/{quiet.project}/scheduled-posts").json()["items"]
        assert (post["status"], post["socialAccountId"]) == ("blocked", quiet.account)
        assert client.request("DELETE", f"/scheduled-posts/{post['id']}", json={}).is_success


def test_content_is_rejected_with_a_reason(quiet: FilledShop, page: BrowserTab) -> None:
    with quiet.api.client() as client:
        content = upload_content(client, quiet.project)
        quiet.open(page, f"{PROJECT}/content/{content}", "document.querySelector('main .caption')")
        assert HOSTILE in page.run("document.querySelector('.caption').innerText")
        click(page, "Reject…")
        page.until("document.querySelector('dialog [name=reason]')")
        press(page, *"dark")
        press(page, "Tab", "Tab", "Enter")
        page.until("document.querySelector('.badge.rejected')")
        shown = client.get(f"/content/{content}").json()
    assert (shown["approvalStatus"], shown["decision"]["note"]) == ("rejected", "dark")


def test_post_is_moved_by_mouse_and_keyboard(quiet: FilledShop, page: BrowserTab) -> None:
    """The post keeps its local time, also across the end of summer time: days are the project's."""
    with quiet.api.client() as client:
        content = upload_content(client, quiet.project)
        post = quiet.schedule(client, content, days=8)
        day = datetime.fromisoformat(post["scheduledFor"]).astimezone(UTC).date()
        chip = f"[data-post={post['id']}]"
        quiet.open(page, f"{PROJECT}/calendar?day={day}", f"document.querySelector('{chip}')")
        there = neighbour(day)
        record_notices(page)
        drag(page, chip, there)
        page.until(f"document.querySelector('[data-day=\"{there}\"] {chip}')")
        assert local_day(client.get(f"/scheduled-posts/{post['id']}").json()) == there
        page.run(f"document.querySelector('{chip}').focus()")
        press(page, "Shift+ArrowDown")
        wait_for_notice(page, "Moved to", times=2)
        assert local_day(client.get(f"/scheduled-posts/{post['id']}").json()) == there + timedelta(days=7)


def neighbour(day: date) -> date:
    """Return an adjacent day in the same month, which the calendar shows."""
    after = day + timedelta(days=1)
    return after if after.month == day.month else day - timedelta(days=1)


def local_day(post: dict[str, str]) -> date:
    """Return the post's local day: noon in New York is the same day in UTC."""
    return datetime.fromisoformat(post["scheduledFor"]).astimezone(UTC).date()


def drag(page: BrowserTab, chip: str, day: date) -> None:
    """Dispatch the events of HTML drag and drop, with one data transfer object."""
    page.run(f"""(() => {{
      const bag = new DataTransfer(), same = {{bubbles: true, cancelable: true, dataTransfer: bag}};
      const [from, to] = ['{chip}', '[data-day="{day}"]'].map((one) => document.querySelector(one));
      const tell = (on, type) => on.dispatchEvent(new DragEvent(type, same));
      tell(from, 'dragstart'); tell(to, 'dragover'); tell(to, 'drop');
    }})()""")


def test_long_press_drags_a_post_and_a_swipe_scrolls(quiet: FilledShop, page: BrowserTab) -> None:
    """At 400 px, where a month shows only days with posts until a post is lifted."""
    page.emulate("light", 400)
    page.send("Emulation.setTouchEmulationEnabled", enabled=True)
    with quiet.api.client() as client:
        content = upload_content(client, quiet.project)
        post = quiet.schedule(client, content, days=10)
        before = local_day(post)
        day = neighbour(before)
        chip, there = f"[data-post={post['id']}]", f"[data-day='{day}']"
        quiet.open(page, f"{PROJECT}/calendar?day={before}", f"document.querySelector('{chip}')")
        scroll_to(page, chip)
        swipe(page, *centre(page, chip))
        scroll_to(page, chip)
        touch(page, "touchStart", *centre(page, chip))
        page.until("document.querySelector('.carrying .carried')")
        scroll_to(page, there)
        touch(page, "touchMove", *centre(page, there))
        page.until(f"document.querySelector(`{there}`).matches('.target')")
        touch(page, "touchEnd")
        page.until(f"document.querySelector(`{there} {chip}`) && document.querySelector('.notice.good')")
        assert page.run("document.querySelectorAll('.notice').length") == 1
        assert local_day(client.get(f"/scheduled-posts/{post['id']}").json()) == day


def test_move_dialog_keeps_the_seconds(quiet: FilledShop, page: BrowserTab) -> None:
    with quiet.api.client() as client:
        post = quiet.schedule(client, upload_content(client, quiet.project), days=12)
        at = {"scheduledFor": post["scheduledFor"].replace(":00Z", ":27Z")}
        assert client.post(f"/scheduled-posts/{post['id']}/reschedule", json=at).is_success
        address = f"{PROJECT}/calendar/{post['id']}"
        quiet.open(page, address, "document.querySelector('main .heading button.primary')")
        click(page, "Move post…")
        page.until("document.querySelector('dialog [name=localTime]')")
        assert page.run("document.querySelector('dialog [name=localTime]').value").endswith("T12:00:27")
        page.run("document.querySelector('dialog button.primary').click()")
        page.until("document.querySelector('.notice.good')")
        assert client.get(f"/scheduled-posts/{post['id']}").json()["scheduledFor"] == at["scheduledFor"]


def test_brand_alternative_is_used_and_removed(quiet: FilledShop, page: BrowserTab) -> None:
    path = f"/projects/{quiet.project}/brand"
    quiet.open(page, PROJECT, "document.querySelector('[data-field=tagline] summary')")
    assert page.run("document.querySelector('mark').innerText") == "home baristas"
    page.run("document.querySelector('[data-field=tagline] summary').click()")
    page.run("document.querySelector('[data-take=tagline]').click()")
    page.until("document.querySelector('[data-field=tagline] .value').innerText === 'Roasted by the water'")
    with quiet.api.client() as client:
        assert client.get(path).json()["fields"]["tagline"]["provenance"]["source"] == "partner"
        click(page, "Remove mine")
        page.until("document.querySelector('[data-field=tagline] .value').innerText.startsWith('Kaffee')")
        assert client.get(path).json()["fields"]["tagline"]["provenance"]["source"] == "website"


def test_issue_is_shown_at_its_field_and_a_double_click_creates_one(quiet: FilledShop, page: BrowserTab) -> None:
    page.expects.append("422")
    quiet.open(page, "webhooks", "document.querySelector('main tbody tr')")
    click(page, "New endpoint")
    page.until("document.querySelector('dialog [name=url]')")
    page.run("document.querySelector('dialog [name=url]').value = 'http://127.0.0.1/'")
    page.run("document.querySelector('dialog button.primary').click()")
    page.until("document.querySelector('dialog [data-issue=url]').innerText")
    assert page.run("document.activeElement.name") == "url"
    page.run("document.querySelector('dialog [name=url]').value = 'https://hooks.example.com/two'")
    page.run("for (const _ of [1, 2]) document.querySelector('dialog button.primary').click()")
    page.until("document.querySelector('.secret code')")
    with quiet.api.client() as client:
        urls = [one["url"] for one in client.get("/webhook-endpoints").json()["items"]]
    assert urls.count("https://hooks.example.com/two") == 1


#: Clocks with changes of an hour or half an hour, at night, at midnight or into the day before.
ZONES = ("Europe/Berlin", "America/Sao_Paulo", "Asia/Beirut", "America/Havana", "Australia/Lord_Howe", "UTC")


def test_a_day_begins_with_its_first_instant(quiet: FilledShop, page: BrowserTab) -> None:
    """In any zone, as Python's zones have it."""
    days = [date(2018, 1, 1) + timedelta(days=number) for number in range(365)]
    page.open(f"{quiet.api.url}/console", "document.querySelector('[name=key]')")
    for name in ZONES:
        asked = f"{[str(day) for day in days]}.map((day) => zone.utc(zone.startOfDay(day, '{name}')))"
        found = page.run(f"import('/console/zone.js').then((zone) => {asked})")
        begins = [datetime.combine(day, time(), ZoneInfo(name)).astimezone(UTC) for day in days]
        assert found == [f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in begins], name


LEVELS = {"privacyLevels": ["public", "friends", "private"]}


async def tiktok(shop: FilledShop) -> str:
    """Create a TikTok account of the shop with several audiences; return its id."""
    async with use_unpooled_pg_connection(shop.api.database_url, name="test") as conn:
        project = seeds.parse_id(ids.PROJECT_ID_PREFIX, shop.project)
        org = await conn.fetchval("select organization_id from project where id = $1", project)
        created = await seeds.account(conn, org, project, platform="tiktok", handle="shop", traits=LEVELS)
    return ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, created)


def test_tiktok_post_requires_an_audience_and_shows_its_ai_label(quiet: FilledShop, page: BrowserTab) -> None:
    account = asyncio.run(tiktok(quiet))
    page.expects.append("422")
    with quiet.api.client() as client:
        content = upload_content(client, quiet.project)
        quiet.open(page, f"projects/{{project}}/content/{content}", "document.querySelector('main .caption')")
        click(page, "Add AI label")
        page.until("[...document.querySelectorAll('.badge')].some((one) => one.innerText === 'AI-generated')")
        assert client.get(f"/content/{content}").json()["aiGenerated"] is True
        click(page, "Schedule…")
        page.until(f"document.querySelector('dialog [name=targets][value={account}]')")
        page.run(f"document.querySelector('dialog [name=targets][value={account}]').click()")
        send(page)
        asks = "document.querySelector('dialog [data-issue=targets]').innerText"
        page.until(f"{asks}.includes('choose one of public, friends, private')")
        write(page, account, "private")
        send(page)
        page.until("!document.querySelector('dialog[open]')")
        [post] = client.get(f"/projects/{quiet.project}/scheduled-posts?socialAccountId={account}").json()["items"]
        assert (post["privacyLevel"], post["aiLabel"]) == ("private", "not_supported")
        quiet.open(page, f"projects/{{project}}/calendar/{post['id']}", "document.querySelector('main .state')")
        shown = "document.querySelector('main').innerText"
        page.until(f"{shown}.includes('only its owner')")
        page.until(f"{shown}.includes('the platform has no label')")
