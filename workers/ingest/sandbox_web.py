"""Built-in servers of a sandbox: one example brand, as a website, stores and GitHub send it.

The ingests of a sandbox are the real ones, with a client that these servers answer.
"""

import json
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import httpx

from schemas.app_media import AppMediaKind
from workers.app_media.sandbox import get_sandbox_app_media_of_url

SANDBOX_SITE_HOST = "example.test"
SANDBOX_SITE_URL = f"https://{SANDBOX_SITE_HOST}/"
#: Addresses of the other servers.
SANDBOX_LOOKUP_URL = "https://itunes.apple.com"
SANDBOX_APP_STORE_URL = "https://apps.apple.com"
SANDBOX_PLAY_URL = "https://play.google.com"
SANDBOX_GITHUB_API_URL = "https://api.github.com"
SANDBOX_GITHUB_URL = "https://github.com"
#: Pages of the site: all have the same content.
SANDBOX_SITE_PATHS = ("/", "/ok", "/slow")
SANDBOX_LOGO = f"{SANDBOX_SITE_URL}logo.png"
SANDBOX_SCREENSHOTS = tuple(f"{SANDBOX_SITE_URL}{name}.png" for name in ("screen", "today", "notes"))
SANDBOX_PHOTO = f"{SANDBOX_SITE_URL}team.jpg"
SANDBOX_PICTURES = (SANDBOX_LOGO, *SANDBOX_SCREENSHOTS, SANDBOX_PHOTO)

BRAND_NAME = "Example"
BRAND_TAGLINE = "Everything your team decided, in one place"
BRAND_DESCRIPTION = "Example keeps a small team's plans, notes and decisions in one place."
#: Texts of the brand: a heading and its paragraph each.
BRAND_TEXTS = (
    """Project planning for small teams: Example is project planning software for small teams. Your plans, your meeting
    notes and your decisions are in one place. You see at once who does what.""",
    """Decision logs: Do you search old mails for a decision? We built decision logs that you can search in a second.
    Each decision has its date, its reasons and its people.""",
    """Meeting notes: Are your meeting notes lost after a week? You write them next to the plan that they belong to.
    Example helps you keep plans and notes in one place. You find them where you need them.""",
    """Made for your team: Will your team use it? You need no course and no manual. Open it, write your first plan, and
    ask your team to join. We answer your questions on the same day. We listen, and we tell you what we change.""",
)
BRAND_SECTIONS = tuple(" ".join(text.split()).split(": ", 1) for text in BRAND_TEXTS)
BRAND_PARAGRAPHS = tuple(paragraph for _, paragraph in BRAND_SECTIONS)

SITE_JSONLD = {
    "@context": "https://schema.org",
    "@type": "SoftwareApplication",
    "name": BRAND_NAME,
    "operatingSystem": "iOS, Android",
    "screenshot": list(SANDBOX_SCREENSHOTS),
}
SITE_SECTIONS = "".join(
    f"<section><h2>{escape(heading)}</h2><p>{escape(paragraph)}</p></section>" for heading, paragraph in BRAND_SECTIONS
)
SITE_PAGE = f"""<!doctype html><html lang="en"><head><meta charset="utf-8">
<title>{BRAND_NAME} — {BRAND_TAGLINE}</title><meta name="description" content="{escape(BRAND_DESCRIPTION)}">
<meta name="keywords" content="planning, notes, decisions">
<meta property="og:site_name" content="{BRAND_NAME}"><meta property="og:image" content="/team.jpg">
<meta name="theme-color" content="#1f6f5c"><link rel="apple-touch-icon" href="/logo.png">
<link rel="manifest" href="/manifest.json"><link rel="stylesheet" href="/site.css">
<script type="application/ld+json">{json.dumps(SITE_JSONLD)}</script></head>
<body><main><h1>{BRAND_TAGLINE}</h1><p>{escape(BRAND_DESCRIPTION)}</p>{SITE_SECTIONS}</main></body></html>"""
SITE_MANIFEST = {"name": BRAND_NAME, "lang": "en", "background_color": "#fbfaf7"}
SITE_STYLE = ":root { --brand: #1f6f5c; --accent: #f2a541 }"

STORE_PARAGRAPHS = (BRAND_DESCRIPTION, *BRAND_PARAGRAPHS)
STORE_ID = 1
PLAY_JSONLD = {
    "@context": "https://schema.org",
    "@type": "SoftwareApplication",
    "name": f"{BRAND_NAME}: Project planning",
    "description": BRAND_TAGLINE,
    "applicationCategory": "PRODUCTIVITY",
    "image": SANDBOX_LOGO,
    "author": {"@type": "Person", "name": BRAND_NAME, "url": SANDBOX_SITE_URL},
}
PLAY_SCREENSHOTS = "".join(
    f'<img data-screenshot-index="{number}" src="{url}">' for number, url in enumerate(SANDBOX_SCREENSHOTS)
)
PLAY_PAGE = f"""<!doctype html><html lang="en"><title>{BRAND_NAME}</title>
<script type="application/ld+json">{json.dumps(PLAY_JSONLD)}</script>
<div data-g-id="description">{"<br><br>".join(map(escape, STORE_PARAGRAPHS))}</div>{PLAY_SCREENSHOTS}"""
APP_STORE_PAGE = f'<!doctype html><h1>{BRAND_NAME}</h1><h2 class="subtitle">{BRAND_TAGLINE}</h2>'

README = "\n\n".join(
    [
        f"# {BRAND_NAME}",
        f"{BRAND_TAGLINE}.",
        BRAND_DESCRIPTION,
        *(f"## {heading}\n\n{text}" for heading, text in BRAND_SECTIONS),
    ]
)


def draw_sandbox_pictures() -> None:
    """Draw all pictures of the site, which are then cached: an ingest gives pictures some seconds only."""
    for url in SANDBOX_PICTURES:
        get_sandbox_picture(url)


def get_sandbox_picture(url: str) -> bytes:
    kind: AppMediaKind = "logo" if url == SANDBOX_LOGO else "photo" if url == SANDBOX_PHOTO else "screenshot"
    return get_sandbox_app_media_of_url(kind, url)


def build_sandbox_client() -> httpx.AsyncClient:
    """Return a client of the built-in servers. It opens no connection."""
    return httpx.AsyncClient(transport=httpx.MockTransport(answer_sandbox_request))


def answer_sandbox_request(request: httpx.Request) -> httpx.Response:
    answer = SANDBOX_SERVERS.get(f"{request.url.scheme}://{request.url.host}")
    return answer(request) if answer else respond_not_found()


def respond(body: str | bytes, content_type: str = "text/html; charset=utf-8") -> httpx.Response:
    content = body.encode() if isinstance(body, str) else body
    return httpx.Response(200, headers={"Content-Type": content_type}, stream=httpx.ByteStream(content))


def respond_json(value: object) -> httpx.Response:
    return respond(json.dumps(value), "application/json")


def respond_not_found() -> httpx.Response:
    return httpx.Response(404, headers={"Content-Type": "application/json"}, stream=httpx.ByteStream(b"{}"))


def answer_site_request(request: httpx.Request) -> httpx.Response:
    path = request.url.path
    if path in SANDBOX_SITE_PATHS:
        return respond(SITE_PAGE)
    if path == "/manifest.json":
        return respond_json(SITE_MANIFEST)
    if path == "/site.css":
        return respond(SITE_STYLE, "text/css")
    url = str(request.url)
    kind = "image/jpeg" if url == SANDBOX_PHOTO else "image/png"
    return respond(get_sandbox_picture(url), kind) if url in SANDBOX_PICTURES else respond_not_found()


def answer_app_lookup(request: httpx.Request) -> httpx.Response:
    software = {
        "wrapperType": "software",
        "trackId": STORE_ID,
        "trackName": f"{BRAND_NAME}: Project planning",
        "bundleId": request.url.params.get("bundleId"),
        "description": "\n\n".join(STORE_PARAGRAPHS),
        "sellerName": BRAND_NAME,
        "sellerUrl": SANDBOX_SITE_URL,
        "artworkUrl512": SANDBOX_LOGO,
        "screenshotUrls": list(SANDBOX_SCREENSHOTS),
        "genres": ["Productivity", "Business"],
    }
    return respond_json({"results": [software]})


def answer_app_store_request(request: httpx.Request) -> httpx.Response:
    return respond_not_found() if request.url.path == "/robots.txt" else respond(APP_STORE_PAGE)


def answer_play_request(request: httpx.Request) -> httpx.Response:
    return respond_not_found() if request.url.path == "/robots.txt" else respond(PLAY_PAGE)


def answer_github_request(request: httpx.Request) -> httpx.Response:
    """Answer a request of GitHub's API for any repository."""
    _, owner, name, *rest = request.url.path.strip("/").split("/")
    match rest:
        case []:
            about: dict[str, Any] = {
                "id": 1,
                "full_name": f"{owner}/{name}",
                "default_branch": "main",
                "private": False,
                "description": BRAND_DESCRIPTION,
                "homepage": SANDBOX_SITE_URL,
                "topics": ["project-planning", "meeting-notes", "decision-log"],
            }
            return respond_json(about)
        case ["git", "trees", _]:
            return respond_json({"tree": [{"path": "README.md", "type": "blob"}]})
        case ["readme"]:
            return respond(README, "text/plain")
        case ["languages"]:
            return respond_json({"Python": 1})
        case _:
            return respond_not_found()


SANDBOX_SERVERS: Mapping[str, Callable[[httpx.Request], httpx.Response]] = {
    f"https://{SANDBOX_SITE_HOST}": answer_site_request,
    SANDBOX_LOOKUP_URL: answer_app_lookup,
    SANDBOX_APP_STORE_URL: answer_app_store_request,
    SANDBOX_PLAY_URL: answer_play_request,
    SANDBOX_GITHUB_API_URL: answer_github_request,
}
