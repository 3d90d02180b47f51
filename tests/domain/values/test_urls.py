"""URLs that are refused by their text alone, with advice."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from domain.values import ssrf_guard
from schemas.errors import InvalidValue, SettingsInvalid
from tests.workers.net import NOTATIONS

ALLOWED = ssrf_guard.parse_allowed_loopback_fetch_origins("127.0.0.1:8123, brand.localhost:81,[::1]:88")


def check(text: str) -> str:
    return ssrf_guard.check_fetch_url(text, allowed=ALLOWED)


@pytest.mark.parametrize(
    ("sent", "normal"),
    [
        ("https://example.com", "https://example.com/"),
        ("  https://example.com/a?b=c#part ", "https://example.com/a?b=c"),
        ("HTTP://EXAMPLE.com/A", "http://example.com/A"),
        ("example.com/about", "https://example.com/about"),
        ("example.com:443/about", "https://example.com:443/about"),
        ("//example.com", "https://example.com/"),
        ("https://example.com?x=1", "https://example.com/?x=1"),
        ("https://münchen.de/straße", "https://xn--mnchen-3ya.de/straße"),
        ("https://xn--mnchen-3ya.de/", "https://xn--mnchen-3ya.de/"),
        ("https://example.test/ok", "https://example.test/ok"),
        ("http://8.8.8.8:80/", "http://8.8.8.8:80/"),
        ("http://[2606:4700::1111]/", "http://[2606:4700::1111]/"),
        ("http://127.0.0.1:8123/x", "http://127.0.0.1:8123/x"),
        ("http://brand.localhost:81/", "http://brand.localhost:81/"),
        ("http://[::1]:88/", "http://[::1]:88/"),
    ],
)
def test_an_address_gets_its_normal_form(sent: str, normal: str) -> None:
    assert check(sent) == normal


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("", "characters"),
        ("https://example.com/" + "a" * 2048, "characters"),
        ("file:///etc/passwd", "http or https"),
        ("ftp://example.com", "http or https"),
        ("javascript:alert(1)", "http or https"),
        ("mailto:a@example.com", "http or https"),
        ("https://user@example.com", "user name"),
        ("https://user:password@example.com", "user name"),
        ("https://@example.com", "user name"),
        ("https://example.com:22", "port 80 or 443"),
        ("https://example.com:0", "port 80 or 443"),
        ("https://example.com:99999", "port"),
        ("https://example.com:x", "port"),
        ("https://exam ple.com", "blanks"),
        ("https://example.com/\r\nx", "blanks"),
        ("https://example.com\t", "blanks"),
        ("https://example.com\\@127.0.0.1", "backslashes"),
        ("https://\ud800.com", "characters"),
        ("https://", "no usable host"),
        ("https:///path", "no usable host"),
        ("https:example.com", "no usable host"),
        ("https://[::1", "not a URL"),
        ("https://[fe80::1%25eth0]/", "no usable host"),
        ("https://exa_mple.com", "not well formed"),
        ("https://-example.com", "not well formed"),
        ("https://" + "a" * 64 + ".com", "not well formed"),
        ("https://localhost", "not a public host"),
        ("https://LOCALHOST.", "not a public host"),
        ("https://printer", "not a public host"),
        ("https://printer.local", "not a public host"),
        ("https://metadata.google.internal", "not a public host"),
        ("https://router.home.arpa", "not a public host"),
    ],
)
def test_unusable_url_is_refused_with_the_reason(url: str, word: str) -> None:
    with pytest.raises(InvalidValue, match=word) as refused:
        check(url)
    assert refused.value.details["issues"][0]["path"] == "url"


@pytest.mark.parametrize("host", [*NOTATIONS.split(), "256.1.1.1", "1.2.3.4.5"])
def test_an_address_that_isnt_public_is_refused_in_every_notation(host: str) -> None:
    with pytest.raises(InvalidValue):
        check(f"http://{host}/")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8124/", "http://127.0.0.1/", "http://brand.localhost/", "http://127.0.0.2:8123/"]
)
def test_allowance_covers_only_its_host_and_port(url: str) -> None:
    with pytest.raises(InvalidValue):
        check(url)


def test_nothing_is_allowed_by_default() -> None:
    assert (
        ssrf_guard.parse_allowed_loopback_fetch_origins("")
        == ssrf_guard.parse_allowed_loopback_fetch_origins(" , ")
        == {}
    )


@pytest.mark.parametrize("text", ["localhost", ":80", "localhost:", "localhost:x", "localhost:0", "localhost:65536"])
def test_a_malformed_allowance_is_refused_at_the_start(text: str) -> None:
    with pytest.raises(SettingsInvalid, match="TENANTRY_FETCH_ALLOW"):
        ssrf_guard.parse_allowed_loopback_fetch_origins(text)


@given(some.text(max_size=60) | some.from_regex(r"https?://[\w.:@\[\]%-]{1,30}(/\w*)?", fullmatch=True))
def test_any_text_is_refused_or_normalized_stably(text: str) -> None:
    try:
        normal = check(text)
    except InvalidValue:
        return
    assert check(normal) == normal
    assert normal.startswith(("http://", "https://"))
