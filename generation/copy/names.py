"""Names of a brand, the slots of formulas: its own name, its keywords, its stores and its site."""

import re

from generation.copy import texts
from generation.copy.claims import find_text_claims
from generation.copy.languages import LANGUAGE_TABLES
from generation.copy.languages.table import compile_word_entry_pattern
from generation.spec import BrandSnapshot, CopyEvidence

#: Maximum characters of a name.
MAX_APP_NAME_CHARACTERS = 60
#: Maximum characters of a keyword.
MAX_SHOWN_KEYWORD_CHARACTERS = 32
#: Maximum characters of an audience.
MAX_SHOWN_AUDIENCE_CHARS = 40
#: Keywords about technology or listings, not about the subject of the product.
TECHNICAL_KEYWORD_PATTERN = compile_word_entry_pattern(
    """
    android ios macos mac linux windows iphone ipad kotlin java swift swiftui objective_c typescript
    javascript js react react_* vue vue* angular flutter dart rust golang go python php ruby c c++ c# .net
    nodejs node electron expo xamarin ionic capacitor cordova gradle jetpack_* compose material_* material
    fdroid f_droid izzyondroid google_play play_store app_store appstore hacktoberfest open_source
    opensource open source foss floss oss gpl* license mit apache app apps application applications mobile
    mobile_* android_* *_android *_ios ios_* hybrid pwa software github gitlab website web homepage home
    page blog news wordpress html html5 css sqlite room mvvm testflight fastlane api sdk library framework
    utilities utility tools tool other others index start startseite accueil inicio default misc general
    online
    """
)
#: Keyword words to spell in capitals, unless the brand's texts spell them otherwise.
KNOWN_ACRONYM_PATTERN = compile_word_entry_pattern(
    """
    ai api b2b cli cms crm csv dns gif gps html http iot llm nfc ocr pdf qr rss sdk seo sms sql ssh tv ui usb
    ux vpn vr xml
    """
)
#: Hosts of code, link lists and store listings: never the brand's own site.
THIRD_PARTY_HOST_PATTERN = re.compile(
    r"(?:^|\.)(?:github|gitlab|bitbucket|codeberg|sourceforge|sr|apple|google|f-droid|notion|linktr|microsoft"
    r"|amazon|facebook|instagram|twitter|x|youtube|tiktok|linkedin|t|bsky|discord|reddit|patreon|liberapay)\.[a-z]+$"
)
#: Names of the links to a brand's own site.
OWN_SITE_LINK_NAMES = frozenset({"website", "homepage", "site", "home"})
#: Languages in which several words of a name without a capital are misspelled.
NOUN_CAPITALIZING_LANGUAGES = frozenset({"de"})
APP_STORE_HOST_PATTERNS = {
    "apple": re.compile(r"^(?:apps|itunes)\.apple\.com$"),
    "google": re.compile(r"^play\.google\.com$"),
}


def app_display_name(brand: BrandSnapshot) -> str:
    """Return the brand's name for lines, cut at a blank to at most 60 characters; empty without a letter or digit."""
    whole = texts.strip_html_to_line(brand.name) if any(map(str.isalnum, brand.name)) else ""
    if len(whole) <= MAX_APP_NAME_CHARACTERS:
        return whole
    return whole[: MAX_APP_NAME_CHARACTERS + 1].rpartition(" ")[0] or whole[:MAX_APP_NAME_CHARACTERS]


def app_name_evidence(brand: BrandSnapshot) -> CopyEvidence:
    return CopyEvidence(field="appName", quote=brand.name)


def displayable_keywords(brand: BrandSnapshot, language: str) -> list[tuple[str, CopyEvidence]]:
    """Return the brand's keywords that may be shown, each once, as pairs of its spelling and its evidence."""
    by_words: dict[str, tuple[str, CopyEvidence]] = {}
    for keyword in brand.keywords:
        display = spell_keyword(texts.strip_html_to_line(keyword), brand, language)
        if is_displayable_keyword(display, brand, language):
            evidence = CopyEvidence(field="keywords", quote=keyword)
            by_words.setdefault("".join(texts.split_lowercase_words(display)), (display, evidence))
    return list(by_words.values())


def spell_keyword(keyword: str, brand: BrandSnapshot, language: str) -> str:
    """Return a keyword as the brand's own texts spell it: German nouns have capitals, keywords often none.

    A keyword that the texts lack keeps its letters. Only acronyms get capitals, in languages with a table.
    """
    pattern = rf"(?<!\w){re.escape(keyword)}(?!\w)"
    matches = (re.search(pattern, text, re.IGNORECASE) for text in (*brand.taglines, *brand.descriptions))
    written = KNOWN_ACRONYM_PATTERN.sub(lambda one: one[0].upper(), keyword) if language in LANGUAGE_TABLES else keyword
    return next((one.group() for one in matches if one), written)


def is_displayable_keyword(keyword: str, brand: BrandSnapshot, language: str) -> bool:
    return (
        2 <= len(keyword) <= MAX_SHOWN_KEYWORD_CHARACTERS
        and any(map(str.isalpha, keyword))
        and re.fullmatch(rf"[\w{texts.COMBINING_MARKS} '’&+-]+", keyword) is not None
        and not TECHNICAL_KEYWORD_PATTERN.fullmatch(keyword)
        and texts.split_lowercase_words(keyword) != texts.split_lowercase_words(brand.name)
        and not (" " in keyword and is_keyword_misspelled_or_proper_name(keyword, brand, language))
        and not find_text_claims(keyword, language, [app_display_name(brand)])
    )


def is_keyword_misspelled_or_proper_name(keyword: str, brand: BrandSnapshot, language: str) -> bool:
    """Return whether a keyword is unsuitable: lower case in German, else a capitalized name in the brand's texts."""
    if language in NOUN_CAPITALIZING_LANGUAGES:
        return keyword.islower()
    brand_text = " ".join((*brand.taglines, *brand.descriptions))
    return keyword in brand_text and all(not word[:1].islower() for word in keyword.split())


def displayable_audience(brand: BrandSnapshot, language: str) -> tuple[str, CopyEvidence] | None:
    """Return the brand's audience and its evidence; None if it is missing, a claim, too short or too long."""
    display = texts.strip_html_to_line(brand.audience or "").rstrip(".。 ")
    if (
        not brand.audience
        or not 3 <= len(display) <= MAX_SHOWN_AUDIENCE_CHARS
        or find_text_claims(display, language, [app_display_name(brand)])
    ):
        return None
    return texts.capitalize_first_word(display), CopyEvidence(field="audience", quote=brand.audience)


def app_store_listing_evidence(brand: BrandSnapshot, which: str) -> CopyEvidence | None:
    """Return evidence with the brand's link that proves a listing in an app store, `apple` or `google`; else None."""
    for link in brand.links.values():
        if APP_STORE_HOST_PATTERNS[which].match(_host_of_https_link(link)):
            return CopyEvidence(field="links", quote=link)
    return None


def own_site_host(brand: BrandSnapshot) -> tuple[str, CopyEvidence] | None:
    """Return the host of the brand's own site, without `www.`, and its evidence; None if no site link has its own."""
    for link in (link for name, link in brand.links.items() if name.lower() in OWN_SITE_LINK_NAMES):
        host = _host_of_https_link(link).removeprefix("www.")
        if host.isascii() and "." in host and "xn--" not in host and not THIRD_PARTY_HOST_PATTERN.search(host):
            return host, CopyEvidence(field="links", quote=link)
    return None


def _host_of_https_link(link: str) -> str:
    match = re.match(r"https://([A-Za-z0-9.-]+)(?=[/:?#]|$)", link)
    return match[1].lower() if match else ""
