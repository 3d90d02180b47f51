"""Properties of any page: reading ends, and values are clean and within their limits."""

import unicodedata
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from schemas.brand import Candidate
from workers.ingest.page.extract import extract
from workers.ingest.shapes import PageDocument

LIMITS = {
    "appName": 80,
    "appDescription": 500,
    "tagline": 120,
    "audience": 120,
    "primaryLanguage": 35,
    "logoUrl": 2048,
}

MARKUP = [
    *("<title>", "</title>", "<h1>", "</h1>", "<p>", "<html lang='", "'>", '">', "<svg>", "</svg>", "<!--"),
    *('<meta property="og:title" content="', '<meta name="description" content="', "<base href='", "logo"),
    *('<script type="application/ld+json">', '{"@type":"Organization","name":"', '"}', "</script>"),
    *('<link rel="icon" href="', "<noscript>", "<template>", "<img alt='"),
    '<script type="application/ld+json">{"@type":"Organization","logo":"https://acme.test/',
    *('<meta name="theme-color" content="', "rgb(", "#c0392b", "<style>:root{--brand:"),
    '<link rel="stylesheet" href="',
]
WORDS = [
    *(
        " - ",
        " | ",
        ": ",
        "&amp;lt;",
        "Acme",
        "日本語",
        "word " * 60,
        "😀",
        "%",
        "https://",
        "http://[",
        "//",
    ),
    *("\0", "\ud800", "\\ud800", "\u202e", "\u2028", "\\n", "\r\n"),
]
PIECES = some.sampled_from(MARKUP + WORDS) | some.text(max_size=8)
PAGES = some.lists(PIECES, max_size=40).map("".join)


@given(
    html=PAGES,
    url=some.sampled_from(["https://acme.test/", "http://127.0.0.1/a?b", "https://xn--mnchen-3ya.de/x"]),
)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_page_is_read_and_any_value_is_clean(html: str, url: str) -> None:
    page = extract(PageDocument(url=url, body=html.encode("utf-8", "surrogatepass")))
    assert msgspec.msgpack.encode(page)
    for candidate in page.candidates:
        assert 0 < candidate.confidence <= 1
        for text in texts(candidate):
            check(text, LIMITS.get(candidate.field, 50))


def texts(candidate: Candidate) -> list[Any]:
    return candidate.value if isinstance(candidate.value, list) else [candidate.value]


def check(text: str, limit: int) -> None:
    assert 0 < len(text) <= limit
    assert text == text.strip()
    assert text == unicodedata.normalize("NFC", text)
    assert not {unicodedata.category(character) for character in text} & {"Cc", "Cs", "Zl", "Zp"}


@given(some.binary(max_size=500), some.text(max_size=30))
@settings(deadline=None)
def test_any_bytes_are_read(body: bytes, content_type: str) -> None:
    extract(
        PageDocument(url="https://acme.test/", body=body, content_type=content_type, language=content_type)
    )


def test_a_repetitive_page_gives_few_candidates() -> None:
    """A worker keeps the candidates of its pages in memory: this page has some forty thousand."""
    tags = ["en", "de", "fr", "es"] * 50
    nodes = [{"@type": "WebSite", "name": f"Acme {n}", "inLanguage": tags} for n in range(200)]
    block = f'<script type="application/ld+json">{msgspec.json.encode(nodes).decode()}</script>'
    page = extract(PageDocument(url="https://acme.test/", body=block.encode()))
    assert len(page.candidates) < 100
