"""What a lost request proves, by the place of its loss."""

import json
import socket
from collections.abc import AsyncIterator, Iterator
from urllib.parse import quote, urlencode

import httpx
import pytest

from schemas.errors import PlatformError, PlatformRefusal, PostNotSent, PostOutcomeUnknown
from tests.platforms.scripted import LOST, Answer, client_for, json_response, server
from tests.workers.net import SimulatedNetwork
from tests.workers.web.web import raw_response
from workers.platforms.http import MIN_PLATFORM_COOLDOWN_S, SECRET_MASK, PlatformApi, read_platform_cooldown_s
from workers.platforms.http import PlatformResponse as Whole
from workers.web.fetch import open_ssrf_guarded_client

#: It contains characters that an address and a form encode.
SECRET = "s3cr3t/of+an=account%"


def any_server(client: httpx.AsyncClient) -> PlatformApi:
    """Return any server, without a token."""
    return PlatformApi(client=client, base="")


async def send_lost(answer: Answer, *, irreversible: bool) -> PlatformError:
    async with server(x=answer) as served, client_for(served) as client:
        with pytest.raises(PlatformError) as caught:
            await any_server(client).send_request(
                "POST", f"{served.base}/x", content=b"{}", timeout_s=served.timeout_s, irreversible=irreversible
            )
    return caught.value


@pytest.mark.parametrize("how", ["dropped", "reset", "never answered", "cut off", "200 too long"])
async def test_a_call_without_a_response_is_unknown_if_irreversible_and_else_retryable(how: str) -> None:
    assert type(await send_lost(LOST[how], irreversible=True)) is PostOutcomeUnknown
    assert type(await send_lost(LOST[how], irreversible=False)) is PostNotSent


async def send_refused(url: str, client: httpx.AsyncClient) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        await any_server(client).send_request("POST", url, content=b"{}", timeout_s=5, irreversible=True)
    return caught.value


async def test_a_refused_connection_sent_nothing() -> None:
    async with server() as served, client_for(served) as client:
        pass
    async with client_for(served) as client:
        error = await send_refused(f"{served.base}/x", client)
    assert (type(error), error.code) == (PostNotSent, "PLATFORM_UNREACHABLE")


async def test_a_name_that_does_not_resolve_sent_nothing() -> None:
    net = SimulatedNetwork()
    async with open_ssrf_guarded_client(allowed={}, contact="https://tenantry.test", resolver=net.resolve) as client:
        error = await send_refused("https://nowhere.example/x", client)
    assert (type(error), error.code) == (PostNotSent, "PLATFORM_UNREACHABLE")


async def test_a_connect_timeout_sent_nothing() -> None:
    """The queue of the listening socket is full: the connection is never made."""
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        first.connect(full.getsockname())
        second.settimeout(0)
        second.connect_ex(full.getsockname())
        async with server() as served:
            served.base = "http://{}:{}".format(*full.getsockname())
            async with client_for(served) as client:
                with pytest.raises(PostNotSent) as caught:
                    await any_server(client).send_request(
                        "POST", served.base, content=b"{}", timeout_s=0.3, irreversible=True
                    )
    assert caught.value.code == "PLATFORM_TIMEOUT"


async def test_a_private_address_is_never_called() -> None:
    async with server() as served, client_for() as client:
        error = await send_refused(f"{served.base}/x", client)
    assert (type(error), error.code, error.category) == (PlatformRefusal, "ADDRESS_BLOCKED", "config")
    assert served.asked == []


async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    async with server(x=raw_response(307, location="/y")) as served, client_for(served) as client:
        answer = await any_server(client).send_request("POST", f"{served.base}/x", content=b"{}")
    assert (answer.status, answer.was_refused_before_write) == (307, False)
    assert [asked.path for asked in served.asked] == ["/x"]


class StorageStream:
    """A stream like a storage's: it can be read with and without awaiting."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self.content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.content


async def test_a_storage_stream_is_sent() -> None:
    async with server(x=json_response({})) as served, client_for(served) as client:
        sent = {"Content-Length": "5"}
        await any_server(client).send_request("POST", f"{served.base}/x", headers=sent, content=StorageStream(b"bytes"))
    assert served.asked[0].body == b"bytes"


DATE = {"Date": "Tue, 24 Nov 2026 12:00:00 GMT"}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None), ({"Retry-After": "7"}, 7), ({"Reset": "1795521630", **DATE}, 30),
        ({"Reset": "2026-11-24T12:05:00.000Z", **DATE}, 300),
        ({"Reset": "2026-11-24T12:05:00", **DATE}, 300),
        ({"Reset": "2026-11-24T11:00:00Z", **DATE}, MIN_PLATFORM_COOLDOWN_S),
        ({"Reset": "1", **DATE}, MIN_PLATFORM_COOLDOWN_S),
        ({"Reset": "1", "Date": "Mon, 20 Nov 99999999999 00:00:00 GMT"}, MIN_PLATFORM_COOLDOWN_S),
        ({"Retry-After": "0"}, MIN_PLATFORM_COOLDOWN_S), ({"Reset": "9" * 30, **DATE}, None),
        ({"Reset": "soon", **DATE}, None), ({"Reset": "2999-01-01T00:00:00Z", **DATE}, 86400),
        ({"Retry-After": "9" * 20}, 86400),
    ],
)  # fmt: skip
def test_cooldown_headers(headers: dict[str, str], seconds: float | None) -> None:
    assert read_platform_cooldown_s(httpx.Headers(headers), reset="Reset") == seconds


def test_a_quote_fits_into_a_row() -> None:
    """Otherwise a refusal could not be stored, and would count as a lost response."""
    words = "it\0says\x1b[31m\nno\u202e " + "x" * 1000
    assert (
        Whole(status=400, headers=httpx.Headers(), body=b"", irreversible=False).quote_message(words)
        == f"it says [31m no {'x' * 284}"
    )


#: Each request, its content and the secret in it.
SHOWING: list[tuple[str, dict[str, str], bytes | None]] = [
    ("/x", {"Authorization": f"Bearer {SECRET}"}, b'{"text": "Fresh bread"}'),
    (f"/x?grant_type=refresh&access_token={quote(SECRET, safe='')}", {}, None),
    ("/x", {}, urlencode({"grant_type": "code", "client_secret": SECRET}).encode()),
    ("/x", {}, json.dumps({"identifier": "me.example", "password": SECRET}).encode()),
]


@pytest.mark.parametrize(("target", "headers", "content"), SHOWING)
async def test_a_secret_that_a_platform_echoes_is_not_quoted(
    target: str, headers: dict[str, str], content: bytes | None
) -> None:
    """Truncated in its middle or whole: partners see the stored refusal."""
    async with server(x=raw_response(400, b"{}")) as served, client_for(served) as client:
        answer = await any_server(client).send_request(
            "POST", f"{served.base}{target}", headers=headers, content=content
        )
    assert answer.quote_message(f"no {SECRET}, no") == f"no {SECRET_MASK}, no"
    assert SECRET[:8] not in answer.quote_message("x" * 290 + SECRET)
    assert answer.quote_message("grant_type refresh of me.example: Fresh bread") == (
        "grant_type refresh of me.example: Fresh bread"
    )
    assert SECRET not in repr(answer)


async def test_a_file_has_no_secrets() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"code=12345678"

    async with server(x=raw_response(400, b"{}")) as served, client_for(served) as client:
        answer = await any_server(client).send_request("POST", f"{served.base}/x", content=chunks())
    assert answer.secrets == ()
