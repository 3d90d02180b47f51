"""Servers without an HTTP response, and the partner's error message."""

import socket
import threading
from pathlib import Path

import pytest

from schemas.errors import SourceError, SourceUnreachable
from tests.waiting import PATIENCE_S
from tests.workers.web.certificate import self_signed
from tests.workers.web.web import allowed_client, raw_response, serve
from workers.web import fetch as fetching
from workers.web.fetch import fetch_url, open_ssrf_guarded_client


async def test_a_closed_port_is_unreachable() -> None:
    async with serve({}) as site:
        pass
    async with allowed_client(site) as client:
        with pytest.raises(SourceUnreachable, match="could not be reached") as refused:
            await fetch_url(client, site.url())
    assert refused.value.retryable


@pytest.mark.parametrize("host", ["xn--a", "xn--", "a.xn--a.test", "xn--zz-.test"])
async def test_an_invalid_host_is_refused(host: str) -> None:
    """A redirect to such a host is refused too."""
    async with serve({"/": raw_response(302, location=f"http://{host}/")}) as site, allowed_client(site) as client:
        for url in (f"http://{host}/", site.url()):
            with pytest.raises(SourceError):
                await fetch_url(client, url)


HALF = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 100\r\n\r\nhalf"


@pytest.mark.parametrize("answer", [HALF, b"SSH-2.0-OpenSSH_9.2\r\n"])
async def test_an_incomplete_response_is_unreachable(answer: bytes) -> None:
    async with serve({"/": answer}) as site, allowed_client(site) as client:
        with pytest.raises(SourceUnreachable, match="closed the connection early") as refused:
            await fetch_url(client, site.url())
    assert refused.value.retryable


async def test_a_self_signed_certificate_is_not_retried(tmp_path: Path) -> None:
    async with serve({"/": raw_response()}, tls=self_signed(tmp_path)) as site, allowed_client(site) as client:
        with pytest.raises(SourceUnreachable, match=r"certificate of 127\.0\.0\.1") as refused:
            await fetch_url(client, f"https://{site.host}/")
    assert not refused.value.retryable


async def test_a_hanging_look_up_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: released.wait(PATIENCE_S))
    monkeypatch.setattr(fetching, "DNS_LOOKUP_TIMEOUT_S", 0.1)
    try:
        async with open_ssrf_guarded_client(allowed={}, contact="") as client:
            with pytest.raises(SourceUnreachable):
                await fetch_url(client, "http://slow.example/")
    finally:
        released.set()
