"""SSRF guard: no connect to an address that isn't public, first, after a redirect or after a rebinding.

The resolver and the sockets are the test's own. `SimulatedNetwork` answers lookups from a table and records
each connect, and an audit hook detects any connect of a real socket.
"""

import contextlib
import itertools
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from schemas.errors import FetchAddressNotAllowed, SourceError
from tests.workers.net import GOOD, GOOD6, VECTORS, SimulatedNetwork
from tests.workers.web.web import raw_response
from workers.web.fetch import fetch_url, open_ssrf_guarded_client
from workers.web.robots import RobotsRulesCache

REDIRECTS = [*zip(VECTORS, itertools.cycle([301, 302, 303, 307, 308]), strict=False)]


@pytest_asyncio.fixture
async def client(net: SimulatedNetwork) -> AsyncIterator[httpx.AsyncClient]:
    async with open_ssrf_guarded_client(allowed={}, contact="", resolver=net.resolve) as opened:
        yield opened


async def test_forbidden_addresses_are_not_connected(net: SimulatedNetwork, client: httpx.AsyncClient) -> None:
    assert len(set(VECTORS)) == len(VECTORS) > 80
    for url in VECTORS:
        with pytest.raises(SourceError) as refused:
            raise AssertionError((url, await fetch_url(client, url)))
        assert refused.value.code in {"FETCH_BLOCKED", "FETCH_FAILED"}, url
        assert net.connects == [], url


async def test_redirects_to_forbidden_addresses_are_not_connected(
    net: SimulatedNetwork, client: httpx.AsyncClient
) -> None:
    for url, status in REDIRECTS:
        net.pages["good.example"] = raw_response(status, location=url)
        with pytest.raises(SourceError):
            raise AssertionError((url, await fetch_url(client, "http://good.example/")))
        assert {host for host, _ in net.connects} == {GOOD}, url


async def test_redirects_of_robots_txt_are_not_connected(net: SimulatedNetwork, client: httpx.AsyncClient) -> None:
    for url in VECTORS:
        net.pages["good.example"] = raw_response(302, location=url)
        with contextlib.suppress(SourceError):
            await RobotsRulesCache(client).load_rules_that_allow_url("http://good.example/page")
        assert {host for host, _ in net.connects} == {GOOD}, url


@pytest.mark.parametrize(
    "url",
    [
        "http://good.example/", "http://GOOD.example./", "http://good.example:80/",
        "http://also-good.example/", "http://münchen.example/", f"http://{GOOD}/", f"http://[{GOOD6}]/",
    ],
)  # fmt: skip
async def test_public_addresses_are_connected(url: str, net: SimulatedNetwork, client: httpx.AsyncClient) -> None:
    net.answers["good.example."] = itertools.repeat([GOOD])
    with pytest.raises(SourceError) as missing:
        await fetch_url(client, url)
    assert missing.value.code == "SOURCE_NOT_FOUND"
    assert len(net.connects) == 1


async def test_a_name_is_looked_up_once_and_connected_as_checked(
    net: SimulatedNetwork, client: httpx.AsyncClient
) -> None:
    net.answers["rebind.example"] = iter([[GOOD], ["127.0.0.1"], ["169.254.169.254"]])
    net.pages["rebind.example"] = raw_response(body="<p>")
    assert (await fetch_url(client, "http://rebind.example/")).body == b"<p>"
    assert net.lookups == ["rebind.example"]
    assert net.connects == [(GOOD, 80)]


async def test_a_refusal_names_no_address(net: SimulatedNetwork, client: httpx.AsyncClient) -> None:
    with pytest.raises(FetchAddressNotAllowed) as refused:
        await fetch_url(client, "http://six.example/")
    assert "fd00" not in refused.value.message
    assert "six.example" in refused.value.message
