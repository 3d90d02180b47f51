"""Mutated pages: each is read within a second of CPU, without an error, and within field lengths."""

import pytest

from bench import pages as made
from tests.corpora import website_pages
from tests.workers.ingest.mutants.checked import check_mutants
from tests.workers.ingest.mutants.pages import mutant
from workers.ingest.parser.parser import Parser
from workers.ingest.shapes import PageDocument

pytestmark = pytest.mark.asyncio(loop_scope="module")

#: A small home page with each element that the brand rules read, once.
HOME_HTML = """<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<title>Tidewise — Tide tables that know your boat</title>
<meta name="description" content="Tidewise plans your day on the water by tide, wind and draught.">
<meta property="og:site_name" content="Tidewise">
<meta property="og:title" content="Tide tables that know your boat">
<meta property="og:description" content="Plan your day on the water, wherever you sail.">
<meta property="og:image" content="/media/harbour.jpg">
<meta property="og:locale" content="en_GB">
<meta name="keywords" content="tides, sailing, harbours">
<meta name="theme-color" content="#0a4d68">
<meta name="application-name" content="Tidewise">
<meta http-equiv="refresh" content="900; url=/">
<link rel="icon" href="/icon.svg" sizes="any" type="image/svg+xml">
<link rel="apple-touch-icon" href="/apple.png" sizes="180x180">
<link rel="manifest" href="/app.webmanifest">
<link rel="alternate" hreflang="de" href="/de/">
<link rel="alternate" hreflang="en-GB" href="/">
<style>:root{--brand:#0a4d68;--ink:#222}
body{color:var(--ink)}.button{background:var(--brand);color:#fff}</style>
<script type="application/ld+json">
{"@context": "https://schema.org", "@graph": [
 {"@type": "Organization", "@id": "#us", "name": "Tidewise Ltd", "url": "/", "slogan": "Know your tide",
  "logo": {"@type": "ImageObject", "url": "/logo.png"}, "sameAs": ["https://social.test/@tidewise"]},
 {"@type": "WebSite", "name": "Tidewise", "publisher": {"@id": "#us"}, "inLanguage": "en-GB"},
 {"@type": "MobileApplication", "name": "Tidewise", "description": "Tide tables for small boats.",
  "applicationCategory": "Travel", "keywords": "tides, boats", "image": ["/app.png"],
  "audience": {"@type": "Audience", "audienceType": "Sailors"}}]}
</script>
</head>
<body>
<div id="cookie-banner">We use cookies. <button>OK</button></div>
<header>
<a href="/"><img class="logo" src="/logo.svg" alt="Tidewise logo"></a>
<nav><ul><li><a href="/about">About</a><li><a href="/pricing">Pricing</a>
<li><a href="/features.html">Features</a>
<li>Solutions<ul><li><a href="/for/harbours">Harbours</a>
<li><a href="/for/clubs">Sailing clubs</a></ul></ul></nav>
</header>
<main>
<h1>Tide tables that know your boat</h1>
<p>Tidewise helps you leave on time, and come home with water under the keel.
It's built for sailors and anglers.</p>
<video poster="/media/poster.jpg"><source src="/media/sail.mp4" type="video/mp4"></video>
<h2>For harbours and clubs</h2>
<p>We watch the wind for you! You'll love how quiet your mornings become.</p>
<ul><li>Offline charts<li>Draught alarms<li>Shared log books</ul>
<picture><source srcset="/media/a-640.webp 640w, /media/a-1280.webp 1280w">
<img src="/media/a.jpg" alt="A harbour"></picture>
<blockquote>“The calmest app on my boat.”</blockquote>
</main>
<footer><p>© 2019–2026 Tidewise Ltd. All rights reserved.</p><a href="/privacy">Privacy</a></footer>
<noscript><img src="https://count.test/x.gif"></noscript>
</body>
</html>
"""
HOME = PageDocument(
    url="https://www.tidewise.example/", body=HOME_HTML.encode(), content_type="text/html; charset=utf-8"
)


async def test_any_mutant_of_a_made_page_is_read_within_a_second(parser: Parser) -> None:
    pages = [HOME, HOME, *(case.source for case in made.make(5))]
    await check_mutants(parser, "made page", 60, lambda chance: mutant(chance.choice(pages), pages, chance))


@pytest.mark.parametrize("block", range(10))
@pytest.mark.long
@pytest.mark.first
async def test_any_mutant_of_a_real_page_is_read_within_a_second(parser: Parser, block: int) -> None:
    pages = [document for _, document in website_pages()]
    await check_mutants(
        parser, f"real page/{block}", 200, lambda chance: mutant(chance.choice(pages), pages, chance)
    )
