"""Mutants of pages: of their tags, their content and their bytes, and mixed with another page."""

import json
import re
from random import Random

from tests.workers.ingest.mutants import data, tags, words
from tests.workers.ingest.mutants.tags import Mutation, find_spot, gap_after_tag, replace_spot, splice
from tests.workers.ingest.mutants.words import encoded
from workers.ingest.shapes import FetchedPage

TEXT = re.compile(rb">([^<>]{3,2000})<")
TITLE_OR_CONTENT = re.compile(
    rb"<title[^>]*>([^<]*)<|content=\"([^\"]*)\"|<h[12][^>]*>([^<]*)<|alt=\"([^\"]*)\"", re.IGNORECASE
)
ADDRESS = re.compile(rb"\s(?:href|src|content|srcset|data-src)=\"([^\"]*)\"", re.IGNORECASE)
LANGUAGE = re.compile(rb"lang=\"([^\"]*)\"", re.IGNORECASE)
JSON_LD = re.compile(rb"<script[^>]*ld\+json[^>]*>(.*?)</script>", re.IGNORECASE | re.DOTALL)

METAS = """og:title og:site_name og:description og:image og:locale og:type og:video description keywords
    theme-color application-name msapplication-tilecolor twitter:description article:tag robots refresh
    content-language content-type author copyright generator""".split()
PICTURES = (
    '<img class=logo alt="{text}" src="{url}" srcset="{url} 1x, {url} 99999999999w,,, x">',
    '<picture><source srcset="{url} 2x"><img src="{url}" width=1e99 height=-1></picture>',
    '<video poster="{url}" src="{url}"><source src="{url}" type="video/mp4"></video>',
    '<iframe src="https://www.youtube.com/embed/{url}" title="{text}"></iframe>',
    '<div style="background-image:url({url})"></div>',
    '<svg><title>{text}</title><image href="{url}"/></svg>',
)
LINKS = "icon apple-touch-icon canonical manifest alternate stylesheet preload mask-icon".split()
STYLES = (
    ":root{--brand:var(--brand);--a:var(--b);--b:var(--a)}body{color:var(--a)}",
    "".join(f":root{{--c{n}:var(--c{n + 1})}}" for n in range(5_000)) + "a{color:var(--c0)}",
    "a{color:" + "rgb(" * 20_000 + "}",
    "{" * 50_000,
    "@media{" * 10_000 + "a{color:#123456}",
    "/*" * 50_000,
    "a{background:#" + "f" * 100_000 + "}",
    ".btn-primary{background:rgb(999,-1,1e99);color:hsl(nan,inf%,1%)}",
    "@import url(" * 10_000,
    "".join(f".a{n},.b{n}{{color:#{n % 4096:03x};background:rgba({n},0,0,.5)}}" for n in range(15_000)),
    "\\" * 100_000,
    "a{content:'" + "\\0 " * 30_000,
)
#: Bytes of a page: a longer one is never fetched.
MAX_PAGE_BYTES = 2 << 20
PLACES = ("https://acme.test/", "https://www.acme.co.uk/blog/2024/a-b-c-d-e", "http://127.0.0.1:8000/?q=%ff")


def replace_title(body: bytes, chance: Random) -> bytes:
    """Replace a title, a meta or a heading by a hostile text."""
    return replace_spot(TITLE_OR_CONTENT, body, encoded(words.text(chance)), chance)


def replace_text(body: bytes, chance: Random) -> bytes:
    return replace_spot(TEXT, body, encoded(words.text(chance)), chance)


def link_elsewhere(body: bytes, chance: Random) -> bytes:
    for _ in range(chance.choice((1, 5, 30))):
        body = replace_spot(ADDRESS, body, encoded(chance.choice(words.URLS)), chance)
    return body


def replace_language(body: bytes, chance: Random) -> bytes:
    return replace_spot(LANGUAGE, body, encoded(chance.choice(words.LANGUAGES)), chance)


def add_metas(body: bytes, chance: Random) -> bytes:
    name, kind = chance.choice(METAS), chance.choice(("name", "property", "itemprop", "http-equiv"))
    content = chance.choice((words.text(chance), chance.choice(words.URLS), chance.choice(words.LANGUAGES)))
    meta = encoded(f'<meta {kind}="{name}" content="{content}">')
    return splice(body, gap_after_tag(body, chance), meta * chance.choice((1, 1, 300)))


def add_links(body: bytes, chance: Random) -> bytes:
    rel, sizes = chance.choice(LINKS), chance.choice(("any", "9999999999999x1", "16x16", "x" * 9_999))
    href, language = chance.choice(words.URLS), chance.choice(words.LANGUAGES)
    link = encoded(f'<link rel="{rel}" href="{href}" hreflang="{language}" sizes="{sizes}">')
    return splice(body, gap_after_tag(body, chance), link * chance.choice((1, 1, 300)))


def add_anchors(body: bytes, chance: Random) -> bytes:
    anchors = (f'<a href="{chance.choice(words.URLS)[:3_000]}/{n}">{words.text(chance)[:80]}</a>' for n in range(300))
    return splice(body, gap_after_tag(body, chance), encoded("".join(anchors)))


def add_text(body: bytes, chance: Random) -> bytes:
    name = chance.choice(("p", "h1", "h2", "li", "span", "footer", "title", "td", "figcaption", "code"))
    part = encoded(f"<{name}>{words.text(chance)}</{name}>")
    return splice(body, gap_after_tag(body, chance), part * chance.choice((1, 3, 50)))


def add_style(body: bytes, chance: Random) -> bytes:
    return splice(body, gap_after_tag(body, chance), encoded(f"<style>{chance.choice(STYLES)}</style>"))


def add_pictures(body: bytes, chance: Random) -> bytes:
    kind = chance.choice(PICTURES)
    part = kind.replace("{url}", chance.choice(words.URLS)[:3_000]).replace("{text}", words.text(chance)[:500])
    return splice(body, gap_after_tag(body, chance), encoded(part) * chance.choice((1, 20, 500)))


def change_json(body: bytes, chance: Random) -> bytes:
    """Change a block of JSON-LD by value and type; without a block, add a new one."""
    match = find_spot(JSON_LD, body, chance)
    text = match[1].decode("utf-8", "replace") if match else '{"@type":"WebSite","name":"Acme","publisher":{}}'
    try:
        value = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        value = {"@context": "https://schema.org", "@graph": [{"@type": "Organization", "name": text[:100]}]}
    new = encoded(data.to_text(data.mutated(value, chance), chance))
    if match:
        return splice(body, match.span(1), new)
    return splice(body, gap_after_tag(body, chance), b"<script type=application/ld+json>%s</script>" % new)


CONTENT_MUTATIONS: tuple[Mutation, ...] = (
    *(replace_title, replace_title, replace_text, link_elsewhere, replace_language, change_json, change_json),
    *(add_metas, add_links, add_anchors, add_text, add_style, add_pictures),
)


MUTATIONS = (*tags.TAG_MUTATIONS, *CONTENT_MUTATIONS, *tags.BYTE_MUTATIONS)


def mutant(page: FetchedPage, other_pages: list[FetchedPage], chance: Random) -> FetchedPage:
    """Change the page in up to four ways, now and then with another page in it."""
    body = page.body
    if chance.random() < 0.1:
        other_body = chance.choice(other_pages).body
        body = chance.choice(
            (body + other_body, body[: len(body) // 2] + other_body, other_body[: len(other_body) // 2] + body)
        )
    for mutation in chance.choices(MUTATIONS, k=chance.randint(1, 4)):
        body = mutation(body, chance)[: 2 * MAX_PAGE_BYTES]
    return FetchedPage(
        url=chance.choice((page.url, page.url, *PLACES)),
        body=body[:MAX_PAGE_BYTES],
        content_type=f"text/html; charset={chance.choice(words.CHARSETS)}" if chance.random() < 0.2 else "",
        language=words.sendable(chance.choice(words.LANGUAGES)) if chance.random() < 0.2 else "",
    )
