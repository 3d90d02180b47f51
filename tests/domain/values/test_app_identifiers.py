"""Identifiers of apps: valid by the vendors' rules, unchanged; all others are refused."""

import re
import string
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.values import app_identifiers
from schemas.errors import InvalidValue

LETTERS = string.ascii_letters
WORD = st.text(LETTERS + string.digits + "-", min_size=1, max_size=20)
SEGMENT = st.tuples(st.sampled_from(LETTERS), st.text(LETTERS + string.digits + "_", max_size=15)).map("".join)
LABEL = re.compile(r"[a-z0-9]|[a-z0-9][a-z0-9-]{0,61}[a-z0-9]")


@given(st.lists(WORD, min_size=2, max_size=7), st.lists(SEGMENT, min_size=2, max_size=7))
def test_identifiers_are_kept_as_they_were_sent(words: list[str], segments: list[str]) -> None:
    assert app_identifiers.check_ios_bundle_id(text := ".".join(words), "bundleId") == text
    assert app_identifiers.check_android_package(text := ".".join(segments), "androidPackage") == text


NO_BUNDLES = (
    "", "app", "com..app", ".com.app", "com.app.", "com.a_b", "com.exämple", "com. a", "com." + "x" * 152,
)  # fmt: skip
NO_PACKAGES = (
    *("", "app", "com.1app", "1com.app", "com._app", "com.my-app", "com..app", "com.äpp", "com.app\n"),
    "com." + "x" * 147,
)


@pytest.mark.parametrize(
    ("check", "text"),
    [
        *((app_identifiers.check_ios_bundle_id, text) for text in NO_BUNDLES),
        *((app_identifiers.check_android_package, text) for text in NO_PACKAGES),
    ],
)
def test_identifier_that_its_platform_refuses_is_refused(check: Callable[[str, str], str], text: str) -> None:
    with pytest.raises(InvalidValue, match="its path"):
        check(text, "its path")


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("App.Example.com", "app.example.com"),
        ("Bücher.example", "xn--bcher-kva.example"),
        ("bücher。example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
        ("r1---sn.example.com", "r1---sn.example.com"),
        ("localhost", "localhost"),
    ],
)
def test_a_host_is_written_as_browsers_send_it(text: str, host: str) -> None:
    assert app_identifiers.normalize_web_domain(text, "webDomain") == host


NO_HOSTS = (
    "com", "https://example.com", "example.com/", "example.com:443", "*.example.com", "example.com.", "a..b",
    ".example.com", "-a.com", "a-.com", "127.0.0.1", "0x7f.1", "2130706433", "[::1]", "ex ample.com",
    "user@example.com", "my_app.example.com", "xn--a.com", "x" * 64 + ".com", "\u00ad.com", "a.com\n",
    "localhost:3000", "example.com?x", "a." * 126 + "com", "ü" * 63 + ".com",
)  # fmt: skip


@pytest.mark.parametrize("text", NO_HOSTS)
def test_anything_else_is_no_host(text: str) -> None:
    with pytest.raises(InvalidValue, match="webDomain"):
        app_identifiers.normalize_web_domain(text, "webDomain")


@given(st.text(max_size=40) | st.lists(st.text(max_size=8), min_size=2, max_size=4).map(".".join))
@example("ﬀ.example")
@example("١.example")
def test_accepted_host_is_stable(text: str) -> None:
    try:
        host = app_identifiers.normalize_web_domain(text, "webDomain")
    except InvalidValue:
        return
    assert host == "localhost" or all(LABEL.fullmatch(label) for label in host.split("."))
    assert app_identifiers.normalize_web_domain(host, "webDomain") == host
