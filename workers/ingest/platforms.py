"""Platforms that a brand's product runs on, by links to stores and downloads, and the union of all places."""

import re
from collections.abc import Iterable
from typing import get_args

from schemas.brand import BrandPlatform, FieldCandidate, SourceFieldFinding

#: Platforms in the order of the value.
BRAND_PLATFORMS: tuple[BrandPlatform, ...] = get_args(BrandPlatform)
#: Addresses of an app in a store, with its id, or of a file to install. A group's name is its platform.
PLATFORM_URL_PATTERN = re.compile(
    r"https?://(?:apps|itunes|geo\.itunes)\.apple\.com/(?:[\w-]+/){0,3}(?:[^/?#]+/)?id(?P<apple>\d+)"
    r"(?P<mac>[^#]*\bmt=12\b)?"
    r"|https?://testflight\.apple\.com/join/(?P<ios>\w+)"
    r"|https?://(?:play\.google\.com/store/apps/details\?(?:[^#]*&)?id=|f-droid\.org/(?:[\w-]+/)?packages/)"
    r"(?P<android>[\w.]+)"
    r"|https?://(?:apps\.microsoft\.com/(?:[\w-]+/){0,3}|(?:www\.)?microsoft\.com/(?:[\w-]+/)?(?:store/apps|p)/"
    r"|snapcraft\.io/|flathub\.org/(?:\w+/){0,3})(?P<desktop>[\w.-]+)"
    r"|(?:[^?#]*/)?(?P<file>[^/?#]+)\.(?:(?P<installer>dmg|exe|msix?|appimage|deb|rpm|snap|flatpak)|apk)(?:[?#]|$)",
    re.IGNORECASE,
)
#: Apps of one platform that a source links to; with more it is a list of other brands' apps.
MAX_LINKED_APPS_PER_PLATFORM = 2
#: Places that a finding's rule names.
MAX_PLATFORM_RULES = 5


def find_linked_platforms(urls: Iterable[str]) -> list[BrandPlatform]:
    """Return the platforms of stores and files that the URLs lead to; none of a list with many apps.

    The files for several systems and versions of one product count as one app.
    """
    apps: dict[BrandPlatform, set[str]] = {}
    for match in filter(None, map(PLATFORM_URL_PATTERN.match, urls)):
        app = match["apple"] or match["ios"] or match["android"] or match["desktop"] or "file"
        apps.setdefault(classify_platform_of_url(match), set()).add(app)
    return [platform for platform in BRAND_PLATFORMS if 0 < len(apps.get(platform, ())) <= MAX_LINKED_APPS_PER_PLATFORM]


def classify_platform_of_url(match: re.Match[str]) -> BrandPlatform:
    if match["mac"] or match["desktop"] or match["installer"]:
        return "desktop"
    return "ios" if match["apple"] or match["ios"] else "android"


def build_brand_platforms_finding(candidates: list[FieldCandidate]) -> SourceFieldFinding | None:
    """Return the union of all candidates of field `platforms`, with the best confidence and their rules.

    Return None without candidates. A product on two platforms says each in another place.
    """
    if not candidates:
        return None
    ranked = sorted(candidates, key=lambda candidate: -candidate.confidence)
    named = {platform for candidate in ranked for platform in candidate.value}
    return SourceFieldFinding(
        value=[platform for platform in BRAND_PLATFORMS if platform in named],
        confidence=round(ranked[0].confidence, 3),
        rule="+".join(list(dict.fromkeys(candidate.rule for candidate in ranked))[:MAX_PLATFORM_RULES]),
        url=ranked[0].url,
    )
