"""Ladder of `platforms`: the systems for which a page offers its app."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from schemas.brand import BrandPlatform, FieldCandidate
from workers.ingest.page import jsonld
from workers.ingest.page.address import is_article_like_url
from workers.ingest.page.document import HtmlDocument, read_tag_attribute
from workers.ingest.page.kinds import is_app_node
from workers.ingest.platforms import find_linked_platforms

MAX_LINKS_CHECKED_FOR_PLATFORMS = 2_000
#: Platforms of the metas that name an app: of Apple's banner, Facebook's App Links and Twitter's cards.
PLATFORM_BY_META_NAME: dict[str, BrandPlatform] = {
    "apple-itunes-app": "ios",
    "al:ios:app_store_id": "ios",
    "twitter:app:id:iphone": "ios",
    "twitter:app:id:ipad": "ios",
    "google-play-app": "android",
    "al:android:package": "android",
    "twitter:app:id:googleplay": "android",
}
#: Names of systems in schema.org's `operatingSystem`. A group's name is its platform.
OPERATING_SYSTEM_PATTERN = re.compile(
    r"\b(?:(?P<ios>i(?:pad)?os|iphone|ipad)|(?P<android>android)"
    r"|(?P<desktop>windows|mac\s?os(?:\s?x)?|osx|linux)|(?P<web>web|browser|chrome|any|all|cross.platform))\b",
    re.IGNORECASE,
)
#: Platforms of a web app manifest's related applications.
PLATFORM_BY_RELATED_APPLICATION: dict[str, BrandPlatform] = {
    "itunes": "ios",
    "play": "android",
    "windows": "desktop",
    "webapp": "web",
}
#: Displays of a web app that is installed like an app (w3.org/TR/appmanifest, 1.6).
APP_LIKE_DISPLAYS = frozenset({"standalone", "fullscreen", "minimal-ui"})

#: A platform, its confidence, the rule of its place.
ScoredPlatform = tuple[BrandPlatform, float, str]


def find_platform_candidates(page: HtmlDocument) -> Iterator[FieldCandidate]:
    if page.is_article_page:
        return
    for platform, confidence, rule in find_scored_page_platforms(page):
        yield page.build_candidate("platforms", [platform], confidence, rule)


def find_scored_page_platforms(page: HtmlDocument) -> Iterator[ScoredPlatform]:
    for name, _ in page.read_first_meta_texts(*PLATFORM_BY_META_NAME):
        yield PLATFORM_BY_META_NAME[name], 0.90, f"html.{name}"
    for node in filter(is_app_node, page.jsonld_nodes):
        systems = " ".join(jsonld.unwrap_jsonld_texts(node.get("operatingSystem"), "name"))
        for match in OPERATING_SYSTEM_PATTERN.finditer(systems):
            yield read_matched_platform(match), 0.90, "jsonld.operatingSystem"
        if "WebApplication" in jsonld.read_jsonld_types(node):
            yield "web", 0.85, "jsonld.WebApplication"
    links = islice(page.tags["a"], MAX_LINKS_CHECKED_FOR_PLATFORMS if is_page_about_brand(page.url) else 0)
    for platform in find_linked_platforms(page.resolve_link(read_tag_attribute(link, "href")) or "" for link in links):
        yield platform, 0.75, "html.link"


def is_page_about_brand(url: str) -> bool:
    """Return whether a page is at most one folder deep and no story: deeper pages link to apps of others."""
    return len(urlsplit(url).path.strip("/").split("/")) == 1 and not is_article_like_url(url)


def read_matched_platform(match: re.Match[str]) -> BrandPlatform:
    platforms: tuple[BrandPlatform, ...] = ("ios", "android", "desktop", "web")
    return next(platform for platform in platforms if match[platform])


def find_manifest_platforms(members: dict[str, Any]) -> Iterator[ScoredPlatform]:
    """Yield the platforms that a web app manifest names: of related applications, and the web for an app of its own.

    A generated manifest for icons alone has no name or start, and is no app.
    """
    related = members.get("related_applications")
    for application in related if isinstance(related, list) else ():
        name = application.get("platform") if isinstance(application, dict) else None
        if isinstance(name, str) and name in PLATFORM_BY_RELATED_APPLICATION:
            yield PLATFORM_BY_RELATED_APPLICATION[name], 0.90, "manifest.related_applications"
    if str(members.get("display")) in APP_LIKE_DISPLAYS and members.get("name") and members.get("start_url"):
        yield "web", 0.60, "manifest.display"
