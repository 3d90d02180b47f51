"""Generated web pages of fictional brands: as large as real ones, with as many tags and scripts.

Real pages are copyrighted.
"""

import json
import random
from collections.abc import Iterator

from workers.ingest.shapes import FetchedPage

SEED = 20_261_124
WORDS = (
    "the a our your every with without for and from team plan note invoice design customer report store "
    "week simple secure shared daily faster garden engine studio market travel music recipe lesson budget "
    "keeps sends draws finds opens writes saves checks learns builds makes helps together anywhere already"
).split()
CLASSES = (
    "flex flex-col items-center justify-between md:flex-row lg:w-1/3 mx-auto px-4 py-8 text-gray-700 "
    "rounded-lg shadow-md hover:shadow-lg transition-all duration-300 container grid-cols-2 font-semibold"
).split()
#: Sizes of real pages in bytes: a tenth is smaller than the first, a tenth larger than the last.
SIZES = (42_000, 67_000, 112_000, 201_000, 367_000)
SCRIPT_SHARE = 0.25


def make(count: int) -> list[FetchedPage]:
    """Generate `count` pages, the same each time."""
    chance = random.Random(SEED)
    return [page(chance, f"Brand{number}", SIZES[number % len(SIZES)]) for number in range(count)]


def page(chance: random.Random, name: str, size: int) -> FetchedPage:
    url = f"https://{name.lower()}.example/"
    top = head(chance, name, url)
    script = "".join(scripts(chance, int(size * SCRIPT_SHARE)))
    text = "".join(body(chance, size - len(top) - len(script)))
    html = f'<!doctype html><html lang="en"><head>{top}</head><body>{text}{script}</body></html>'
    return FetchedPage(url=url, body=html.encode(), content_type="text/html; charset=utf-8")


def head(chance: random.Random, name: str, url: str) -> str:
    title, description = sentence(chance), sentence(chance)
    data = {"@context": "https://schema.org", "@type": "WebSite", "name": name, "url": url}
    return (
        f'<meta charset="utf-8"><title>{name} — {title}</title>'
        f'<meta name="description" content="{sentence(chance)}">'
        f'<meta property="og:site_name" content="{name}">'
        f'<meta property="og:title" content="{title}">'
        f'<meta property="og:description" content="{description}">'
        f'<meta name="author" content="{name}">'
        '<meta property="article:published_time" content="2026-11-24">'
        f'<link rel="icon" href="/icon.png"><link rel="canonical" href="{url}">'
        f'<script type="application/ld+json">{json.dumps(data)}</script>'
    )


def body(chance: random.Random, size: int) -> Iterator[str]:
    """Yield a menu, a hero, then sections up to `size`."""
    links = "".join(f'<li class="nav-item"><a href="/{word}">{word}</a></li>' for word in WORDS[:12])
    yield f"<header><nav><ul>{links}</ul></nav></header><main><h1>{sentence(chance)}</h1>"
    while size > 0:
        part = section(chance)
        yield part
        size -= len(part)
    yield f"</main><footer><ul>{links}</ul></footer>"


def section(chance: random.Random) -> str:
    cards = "".join(card(chance) for _ in range(6))
    return f"<section {styled(chance)}><div {styled(chance)}><h2>{sentence(chance)}</h2>{cards}</div></section>"


def card(chance: random.Random) -> str:
    """Return a dozen tags with longer attributes than text, as on real pages."""
    number, more = chance.randrange(10**6), " ".join(chance.choices(WORDS, k=2))
    sizes = ", ".join(f"/media/{number}-{width}w.webp {width}w" for width in (320, 640, 1280))
    links = "".join(
        f'<li {styled(chance)}><a {styled(chance)} href="/{word}/{number}">{word}</a></li>'
        for word in chance.choices(WORDS, k=2)
    )
    return (
        f'<div {styled(chance)} data-id="{number}"><picture><source srcset="{sizes}" type="image/webp">'
        f'<img {styled(chance)} src="/media/{number}.jpg" alt="{more}" loading="lazy"></picture>'
        f'<h3 {styled(chance)}><a href="/more/{number}">{more}</a></h3>'
        f"<p {styled(chance)}>{sentence(chance)}</p><ul {styled(chance)}>{links}</ul></div>"
    )


def styled(chance: random.Random) -> str:
    return f'class="{" ".join(chance.choices(CLASSES, k=5))}"'


def scripts(chance: random.Random, size: int) -> Iterator[str]:
    """Yield script content that readers ignore and parsers must pass."""
    while size > 0:
        rows = [{"id": chance.randrange(10**6), "label": sentence(chance)} for _ in range(20)]
        part = f"<script>window.state=(window.state||[]).concat({json.dumps(rows)});</script>"
        yield part
        size -= len(part)


def sentence(chance: random.Random) -> str:
    return " ".join(chance.choices(WORDS, k=chance.randint(6, 14))).capitalize() + "."
