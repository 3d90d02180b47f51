"""An attempt at misbehaving receivers: it ends in time, with the receiver's status or the error."""

from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest
import pytest_asyncio

from schemas.settings import Settings
from tests.workers.net import VECTORS, Net
from tests.workers.web.web import say
from tests.workers.webhooks.receiver import (
    Behaviour,
    babbles,
    breaks_off,
    drips,
    drips_on,
    explodes,
    floods,
    hangs,
    receiving,
    resets,
    says,
)
from workers.webhooks import sending
from workers.webhooks.sending import Answer, open_sender, send

DATES = {"date": "Tue, 24 Nov 2026 12:00:00 GMT", "retry_after": "Tue, 24 Nov 2026 12:01:00 GMT"}
BROKE = Answer(None, "CONNECTION_LOST")


async def tried(settings: Settings, behave: Behaviour) -> Answer:
    """Send one attempt to a receiver with this behavior; return its result."""
    async with receiving(behave) as receiver:
        mine = msgspec.structs.replace(settings, fetch_allow=receiver.host)
        async with open_sender(mine) as client:
            return await send(client, receiver.url, headers={"webhook-id": "evt_1"}, body=b"{}")


@pytest.fixture
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make an attempt's timeout short."""
    monkeypatch.setattr(sending, "TRY_S", 0.3)
    monkeypatch.setattr(sending, "REST_S", 0.1)


async def test_a_try_is_one_post_of_these_bytes(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    async with receiving(says(200, set_cookie="a=b")) as receiver:
        mine = msgspec.structs.replace(settings, fetch_allow=receiver.host)
        async with open_sender(mine) as client:
            for _ in range(2):
                answer = await send(client, receiver.url, headers={"webhook-id": "evt_1"}, body=b'{"a": 1}')
                assert answer == Answer(200)
    for asked in receiver.asked:
        assert (asked.method, asked.target, asked.body) == ("POST", "/hook", b'{"a": 1}')
        assert asked.headers["webhook-id"] == "evt_1"
        assert asked.headers["content-type"] == "application/json"
        assert asked.headers["user-agent"].startswith("Tenantry-Webhooks/")
        assert "cookie" not in asked.headers


@pytest.mark.parametrize("status", [200, 201, 204, 299, 400, 404, 410, 500, 503])
async def test_the_status_is_the_answer(settings: Settings, status: int) -> None:
    answer = await tried(settings, says(status))
    assert answer == Answer(status, None if status < 300 else "BAD_STATUS")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(settings: Settings, status: int) -> None:
    async with receiving(says(200)) as other:
        answer = await tried(settings, says(status, location=other.url))
        assert answer == Answer(status, "REDIRECT")
        assert other.asked == []


@pytest.mark.parametrize(("headers", "after_s"), [({"retry_after": "120"}, 120.0), (DATES, 60.0), ({}, None)])
async def test_a_wait_is_read_in_both_of_its_forms(
    settings: Settings, headers: dict[str, str], after_s: float | None
) -> None:
    assert await tried(settings, says(429, **headers)) == Answer(429, "BAD_STATUS", after_s)


@pytest.mark.usefixtures("_short")
@pytest.mark.parametrize("behave", [hangs, drips])
async def test_one_that_never_answers_is_left(settings: Settings, behave: Behaviour) -> None:
    assert await tried(settings, behave) == Answer(None, "TIMEOUT")


@pytest.mark.parametrize("behave", [drips_on, floods, breaks_off, explodes])
async def test_what_was_said_first_stands(
    settings: Settings, behave: Behaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of the response has a short timeout, and changes nothing."""
    monkeypatch.setattr(sending, "REST_S", 0.1)
    assert await tried(settings, behave) == Answer(200)


async def test_an_answer_without_an_end_is_left_for_its_size(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time limit is off here: an unlimited read would run into the test's own timeout."""
    assert (sending.TRY_S, sending.REST_S, sending.MOST_READ) == (15, 2, 64 * 1024)
    monkeypatch.setattr(sending, "TRY_S", 3600.0)
    monkeypatch.setattr(sending, "REST_S", 3600.0)
    assert await tried(settings, floods) == Answer(200)


@pytest.mark.parametrize("behave", [resets, babbles])
async def test_what_is_no_answer_is_none(settings: Settings, behave: Behaviour) -> None:
    assert await tried(settings, behave) == BROKE


async def test_nobody_is_there(settings: Settings) -> None:
    async with receiving(says(200)) as receiver:
        url, mine = receiver.url, msgspec.structs.replace(settings, fetch_allow=receiver.host)
    async with open_sender(mine) as client:
        answer = await send(client, url, headers={}, body=b"{}")
    assert answer == Answer(None, "UNREACHABLE")


@pytest_asyncio.fixture
async def guarded(settings: Settings, net: Net) -> AsyncIterator[httpx.AsyncClient]:
    """Open a sender without loopback access: only the public net is allowed."""
    async with open_sender(msgspec.structs.replace(settings, fetch_allow=""), resolver=net.resolve) as client:
        yield client


async def test_nothing_that_is_not_public_is_connected(guarded: httpx.AsyncClient, net: Net) -> None:
    for url in VECTORS:
        answer = await send(guarded, url, headers={}, body=b"{}")
        assert (answer.status, net.connects) == (None, []), url


async def test_a_name_that_leads_elsewhere_by_now_is_checked_anew(
    guarded: httpx.AsyncClient, net: Net
) -> None:
    net.answers["rebind.example"] = iter([["93.184.216.34"], ["127.0.0.1"], ["169.254.169.254"]])
    net.pages["rebind.example"] = say(200)
    url = "http://rebind.example/"
    answers = [await send(guarded, url, headers={}, body=b"{}") for _ in range(3)]
    refused = Answer(None, "ADDRESS_REFUSED")
    assert answers == [Answer(200), refused, refused]
    assert net.connects == [("93.184.216.34", 80)]
