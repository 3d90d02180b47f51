"""Names of a brand: its own, its keywords, its stores and its site; what formulas are filled with."""

import re
from collections.abc import Iterator

from generation.spec import Brand, Evidence, Source
from generation.words import texts
from generation.words.claims import claims
from generation.words.languages import TABLES
from generation.words.languages.table import any_of

#: Characters of a name, a keyword and an audience at most.
NAME, KEYWORD, AUDIENCE = 60, 32, 40
#: Keywords that say what a thing is made of or where it is listed, not what it is about.
TECHNICAL = any_of(
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
#: Words of keywords that are spelled in capitals, where the brand's texts don't spell them.
ACRONYMS = any_of(
    """
    ai api b2b cli cms crm csv dns gif gps html http iot llm nfc ocr pdf qr rss sdk seo sms sql ssh tv ui usb
    ux vpn vr xml
    """
)
#: Hosts that keep code, lists of links and listings of stores: no site of a brand's own.
NOT_OWN = re.compile(
    r"(?:^|\.)(?:github|gitlab|bitbucket|codeberg|sourceforge|sr|apple|google|f-droid|notion|linktr|microsoft"
    r"|amazon|facebook|instagram|twitter|x|youtube|tiktok|linkedin|t|bsky|discord|reddit|patreon|liberapay)\.[a-z]+$"
)
#: Languages in which several words of a name without a capital are misspelled.
CAPITALIZED = frozenset({"de"})
STORES = {"apple": re.compile(r"^(?:apps|itunes)\.apple\.com$"), "google": re.compile(r"^play\.google\.com$")}


def app(brand: Brand) -> str:
    """The brand's name as lines have it, none without a letter or digit; a long one up to a blank."""
    whole = texts.clean(brand.name) if any(map(str.isalnum, brand.name)) else ""
    return whole if len(whole) <= NAME else (whole[: NAME + 1].rpartition(" ")[0] or whole[:NAME])


def app_evidence(brand: Brand) -> Evidence:
    return Evidence(field="appName", quote=brand.name)


def keywords(brand: Brand, language: str) -> list[tuple[str, Evidence]]:
    """Keywords that can be shown, each once, with their evidence."""
    found: dict[str, tuple[str, Evidence]] = {}
    for keyword in brand.keywords:
        shown = spelled(texts.clean(keyword), brand, language)
        if is_shown(shown, brand, language):
            found.setdefault("".join(texts.words(shown)), (shown, evidence("keywords", keyword)))
    return list(found.values())


def spelled(keyword: str, brand: Brand, language: str) -> str:
    """The keyword as the brand's own texts spell it: in German nouns have capitals, keywords often none.

    One that they don't have keeps its letters, but for those of acronyms in the languages that have a table.
    """
    pattern = rf"(?<!\w){re.escape(keyword)}(?!\w)"
    found = (re.search(pattern, text, re.IGNORECASE) for text in (*brand.taglines, *brand.descriptions))
    written = ACRONYMS.sub(lambda one: one[0].upper(), keyword) if language in TABLES else keyword
    return next((one.group() for one in found if one), written)


def is_shown(keyword: str, brand: Brand, language: str) -> bool:
    return (
        2 <= len(keyword) <= KEYWORD
        and any(map(str.isalpha, keyword))
        and re.fullmatch(r"[\w '’&+-]+", keyword) is not None
        and not TECHNICAL.fullmatch(keyword)
        and texts.words(keyword) != texts.words(brand.name)
        and not (" " in keyword and is_odd(keyword, brand, language))
        and not claims(keyword, language, [app(brand)])
    )


def is_odd(keyword: str, brand: Brand, language: str) -> bool:
    """True for words of a noun's language without a capital, and for another product's name in the texts."""
    if language in CAPITALIZED:
        return keyword.islower()
    said = " ".join((*brand.taglines, *brand.descriptions))
    return keyword in said and all(not word[:1].islower() for word in keyword.split())


def audience(brand: Brand, language: str) -> tuple[str, Evidence] | None:
    """The audience, where it is a name and no sentence."""
    shown = texts.clean(brand.audience or "").rstrip(".。 ")
    if not brand.audience or not 3 <= len(shown) <= AUDIENCE or claims(shown, language, [app(brand)]):
        return None
    return texts.initial(shown), evidence("audience", brand.audience)


def store(brand: Brand, which: str) -> Evidence | None:
    """The link that proves that a store has it."""
    for link in brand.links.values():
        if STORES[which].match(_host(link)):
            return evidence("links", link)
    return None


def site(brand: Brand) -> tuple[str, Evidence] | None:
    """The host of its own site, as people write it."""
    for link in _in_order(brand.links):
        host = _host(link).removeprefix("www.")
        if host.isascii() and "." in host and "xn--" not in host and not NOT_OWN.search(host):
            return host, evidence("links", link)
    return None


def evidence(field: Source, quote: str) -> Evidence:
    return Evidence(field=field, quote=quote)


def _in_order(links: dict[str, str]) -> Iterator[str]:
    own = [name for name in links if name.lower() in {"website", "homepage", "site", "home"}]
    yield from (links[name] for name in own)


def _host(link: str) -> str:
    found = re.match(r"https://([A-Za-z0-9.-]+)(?=[/:?#]|$)", link)
    return found[1].lower() if found else ""
