"""Addresses of account servers: one normal form for each, and none with a private host."""

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.accounts import servers
from domain.values import ssrf_guard
from schemas.errors import InvalidValue
from tests.workers.net import NOTATIONS, ODD

NOWHERE = ssrf_guard.parse_allowed_loopback_fetch_origins("")
NAME = partial(servers.account_server_url, example="mastodon.social")
LOCAL = ssrf_guard.parse_allowed_loopback_fetch_origins("127.0.0.1:8123,localhost:8124")


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("mastodon.social", "https://mastodon.social"),
        (" Mastodon.Social ", "https://mastodon.social"),
        ("mastodon.social:443", "https://mastodon.social"),
        ("mastodon.social.", "https://mastodon.social"),
        ("münchen.example", "https://xn--mnchen-3ya.example"),
        ("127.0.0.1:8123", "http://127.0.0.1:8123"),
        ("LOCALHOST:8124", "http://localhost:8124"),
    ],
)
def test_a_name_has_one_address(host: str, url: str) -> None:
    assert NAME(host, allowed=LOCAL, path="instance") == url
    assert servers.normalize_account_server(url, allowed=LOCAL, path="serviceUrl") == url
    assert servers.normalize_account_server(f"{url}/", allowed=LOCAL, path="serviceUrl") == url


@pytest.mark.parametrize(("read", "path"), [(servers.normalize_account_server, "serviceUrl"), (NAME, "instance")])
def test_private_hosts_are_refused(read: Callable[..., str], path: str) -> None:
    for url in [*NOTATIONS.split(), *ODD, "127.0.0.1:8123", "localhost:8124", "metadata.internal"]:
        with pytest.raises(InvalidValue) as raised:
            raise AssertionError((url, read(url, allowed=NOWHERE, path=path)))
        assert raised.value.details["issues"][0]["path"] == path, url


@pytest.mark.parametrize("text", ["", " ", "a b.example", "a.example/", "a.example?x", "a.example#x", "u@a.example"])
def test_host_name_with_extra_parts_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        NAME(text, allowed=NOWHERE, path="instance")


@given(st.text(max_size=60))
def test_any_text_is_refused_or_normalized(text: str) -> None:
    try:
        url = NAME(text, allowed=LOCAL, path="instance")
    except InvalidValue:
        return
    assert servers.normalize_account_server(url, allowed=LOCAL, path="serviceUrl") == url
