"""An attempt at misbehaving receivers: it ends in time, with the receiver's status or the error."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest
import pytest_asyncio

from schemas.settings import Settings
from tests.workers.net import VECTORS, SimulatedNetwork
from tests.workers.web.hostile import bomb
from tests.workers.web.web import Script, drip_after, flood_after, raw_response
from tests.workers.webhooks.receiver import hangs, receiving, says, sends
from workers.webhooks import sending
from workers.webhooks.sending import WebhookResult, open_webhook_client, send_webhook

OK = b"HTTP/1.1 200 OK\r\n"


async def send_attempt(settings: Settings, behave: Script) -> WebhookResult:
    """Send one attempt to a receiver with this behavior; return its result."""
    async with receiving(behave) as receiver:
        mine = msgspec.structs.replace(settings, fetch_allow=receiver.host)
        async with open_webhook_client(mine) as client:
            return await send_webhook(client, receiver.url, headers={"webhook-id": "evt_1"}, body=b"{}")


async def test_an_attempt_is_one_post_of_these_bytes(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    async with receiving(says(200, set_cookie="a=b")) as receiver:
        mine = msgspec.structs.replace(settings, fetch_allow=receiver.host)
        async with open_webhook_client(mine) as client:
            for _ in range(2):
                answer = await send_webhook(client, receiver.url, headers={"webhook-id": "evt_1"}, body=b'{"a": 1}')
                assert answer == WebhookResult(200)
    for asked in receiver.asked:
        assert (asked.method, asked.target, asked.body) == ("POST", "/hook", b'{"a": 1}')
        assert asked.headers["webhook-id"] == "evt_1"
        assert asked.headers["content-type"] == "application/json"
        assert asked.headers["user-agent"].startswith("Tenantry-Webhooks/")
        assert "cookie" not in asked.headers


async def test_the_result_has_the_status(settings: Settings) -> None:
    for status in (200, 201, 204, 299, 400, 404, 410, 500, 503):
        answer = await send_attempt(settings, says(status))
        assert answer == WebhookResult(status, None if status < 300 else "BAD_STATUS")


async def test_a_redirect_is_not_followed(settings: Settings) -> None:
    async with receiving(says(200)) as other:
        for status in (301, 302, 303, 307, 308):
            answer = await send_attempt(settings, says(status, location=other.url))
            assert answer == WebhookResult(status, "REDIRECT")
        assert other.asked == []


async def test_a_silent_receiver_times_out(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "WEBHOOK_ATTEMPT_TIMEOUT_S", 0.3)
    for behave in (hangs, drip_after(b"HTTP/1.1 200 O")):
        assert await send_attempt(settings, behave) == WebhookResult(None, "TIMEOUT")


async def test_the_status_stands_after_a_broken_body(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest of the response has a short timeout, and changes nothing."""
    monkeypatch.setattr(sending, "WEBHOOK_RESPONSE_BODY_TIMEOUT_S", 0.1)
    long = OK + b"content-length: 60000\r\n\r\n"
    bombed = raw_response(200, bomb(2048)[: 2 << 20], content_encoding="gzip")
    for behave in (drip_after(long), flood_after(OK + b"\r\n"), sends(long + b"only this"), sends(bombed)):
        assert await send_attempt(settings, behave) == WebhookResult(200), behave


async def test_an_endless_response_is_cut_at_its_size_limit(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time limit is off here: an unlimited read would run into the test's own timeout."""
    monkeypatch.setattr(sending, "WEBHOOK_ATTEMPT_TIMEOUT_S", 3600.0)
    monkeypatch.setattr(sending, "WEBHOOK_RESPONSE_BODY_TIMEOUT_S", 3600.0)
    assert await send_attempt(settings, flood_after(OK + b"\r\n")) == WebhookResult(200)


async def resets(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def test_an_invalid_response_is_a_lost_connection(settings: Settings) -> None:
    for behave in (resets, sends(b"220 mail.example ESMTP\r\n")):
        assert await send_attempt(settings, behave) == WebhookResult(None, "CONNECTION_LOST")


async def test_an_unreachable_receiver_has_its_code(settings: Settings) -> None:
    async with receiving(says(200)) as receiver:
        url, mine = receiver.url, msgspec.structs.replace(settings, fetch_allow=receiver.host)
    async with open_webhook_client(mine) as client:
        answer = await send_webhook(client, url, headers={}, body=b"{}")
    assert answer == WebhookResult(None, "UNREACHABLE")


@pytest_asyncio.fixture
async def guarded(settings: Settings, net: SimulatedNetwork) -> AsyncIterator[httpx.AsyncClient]:
    """Open a sender without loopback access: only the public net is allowed."""
    async with open_webhook_client(msgspec.structs.replace(settings, fetch_allow=""), resolver=net.resolve) as client:
        yield client


async def test_no_private_address_is_connected(guarded: httpx.AsyncClient, net: SimulatedNetwork) -> None:
    for url in VECTORS:
        answer = await send_webhook(guarded, url, headers={}, body=b"{}")
        assert (answer.status, net.connects) == (None, []), url


async def test_a_name_with_changed_dns_is_checked_again(guarded: httpx.AsyncClient, net: SimulatedNetwork) -> None:
    net.answers["rebind.example"] = iter([["93.184.216.34"], ["127.0.0.1"], ["169.254.169.254"]])
    net.pages["rebind.example"] = raw_response(200)
    url = "http://rebind.example/"
    answers = [await send_webhook(guarded, url, headers={}, body=b"{}") for _ in range(3)]
    refused = WebhookResult(None, "ADDRESS_REFUSED")
    assert answers == [WebhookResult(200), refused, refused]
    assert net.connects == [("93.184.216.34", 80)]
