"""Store texts in a repository, in the layouts of fastlane, F-Droid and the Play publisher."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from domain.values import ssrf_guard
from schemas.errors import Invalid
from workers.ingest import detection
from workers.ingest.appstore import prose as store_prose
from workers.ingest.github import paths
from workers.ingest.github.reading.names import split_heading
from workers.ingest.github.reading.statement import Statement
from workers.ingest.github.shapes import RepositoryFile
from workers.ingest.page.decode import decode
from workers.ingest.page.keywords import distinct_keywords
from workers.ingest.page.names import is_name
from workers.ingest.page.text import MAX_DESCRIPTION_CHARS, clean, is_tagline_sized, truncate
from workers.ingest.shapes import LIST_SUFFIX
from workers.ingest.skip_rules import SkipRules

#: Hosts of homepages that are a store's page.
STORE_HOSTS = {"apps.apple.com": "appStore", "itunes.apple.com": "appStore", "play.google.com": "googlePlay"}
NAME_FIELDS = {"name", "title"}
LINE_FIELDS = {"subtitle", "short_description"}
DESCRIPTION_FIELDS = {"description", "full_description"}
PARAGRAPH = re.compile(r"\n\s*\n|</?(?:p|h\d|ul|ol)\b[^>]*>|(?:<br\s*/?>\s*){2,}", re.IGNORECASE)
#: Tags of a description, for replacement by the marks of plain text: of a heading, an item, a paragraph.
HEADING = re.compile(
    r"<(h\d)\b[^>]*>(.*?)</\1>|^[ \t]*<(?:b|strong|u)>([^<]*)</(?:b|strong|u)>[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
ITEM = re.compile(r"<li\b[^>]*>", re.IGNORECASE)
BREAK = re.compile(r"</?(?:p|ul|ol|div|br)\b[^>]*>", re.IGNORECASE)
#: Content of a symbolic link: its target's path.
SYMBOLIC_LINK = re.compile(r"(?:\.\.?/)+\S+\.txt")


def store_text_statements(file: RepositoryFile) -> Iterator[Statement]:
    match = paths.STORE_TEXT_PATH.fullmatch(file.path)
    text = content(file)
    if match is None or not text:
        return
    name = paths.field_of(match)
    rule = f"store.{name}"
    if name in NAME_FIELDS:
        yield from name_statements(text, rule)
    elif name in LINE_FIELDS:
        yield from tagline_statement(clean(text), 0.95, rule)
    elif name in DESCRIPTION_FIELDS:
        yield from description_statements(text, rule)
    elif name == "keywords" and (keywords := distinct_keywords([text])):
        yield Statement("keywords", keywords, 0.95, rule)
    elif name == "marketing_url" and (found_links := links(text)):
        yield Statement("links", found_links, 0.85, rule)


def name_statements(text: str, rule: str) -> Iterator[Statement]:
    name, tail = split_heading(text)
    if is_name(name):
        yield Statement("appName", name, 0.95, rule)
    yield from tagline_statement(tail, 0.80, f"{rule}.tail")


def tagline_statement(text: str, confidence: float, rule: str) -> Iterator[Statement]:
    if is_tagline_sized(text):
        yield Statement("tagline", text, confidence, rule)


def description_statements(text: str, rule: str) -> Iterator[Statement]:
    """Yield the first sentences on the app's purpose, and as an alternative the items of its lists."""
    marked_text = ITEM.sub("\n• ", BREAK.sub("\n", HEADING.sub(r"\n** \2\3 **\n", text)))
    skip_rules = SkipRules(detection.detect(clean(text))[0])
    if opening := " ".join(store_prose.opening(marked_text, skip_rules)):
        yield Statement("appDescription", truncate(opening, MAX_DESCRIPTION_CHARS), 0.92, rule)
        if items := store_prose.descriptive_items(marked_text, skip_rules, MAX_DESCRIPTION_CHARS):
            yield Statement("appDescription", items, 0.70, f"{rule}{LIST_SUFFIX}")


def links(address: str) -> dict[str, str]:
    """Return the link to an https address that a website ingest would accept; empty for GitHub itself."""
    try:
        url = ssrf_guard.check_fetch_url(address, allowed={})
    except Invalid:
        return {}
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    is_usable = url.startswith("https://") and host != "github.com"
    return {STORE_HOSTS.get(host, "website"): url} if is_usable else {}


def paragraphs(text: str) -> list[str]:
    return [text_line for paragraph in PARAGRAPH.split(text) if (text_line := clean(paragraph))]


def content(file: RepositoryFile) -> str:
    text = decode(file.body, "").strip()
    return "" if SYMBOLIC_LINK.fullmatch(text) else text


def prose(files: list[RepositoryFile]) -> Iterator[tuple[RepositoryFile, str, str]]:
    """Yield files with a description or a tagline, with locale and text."""
    for file in files:
        match = paths.STORE_TEXT_PATH.fullmatch(file.path)
        if match and paths.field_of(match) in LINE_FIELDS | DESCRIPTION_FIELDS and (text := content(file)):
            yield file, match["locale"], text
