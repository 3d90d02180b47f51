"""Store texts in a repository, in the layouts of fastlane, F-Droid and the Play publisher."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from domain.values import ssrf_guard
from schemas.errors import InvalidValue
from workers.ingest import detection
from workers.ingest.appstore import prose as store_prose
from workers.ingest.github import paths
from workers.ingest.github.reading.names import split_readme_heading
from workers.ingest.github.reading.statement import RepositoryFileFieldCandidate
from workers.ingest.github.shapes import FetchedRepoFile
from workers.ingest.page.decode import decode_bytes_like_browser
from workers.ingest.page.keywords import split_store_keywords
from workers.ingest.page.names import is_possible_brand_name
from workers.ingest.page.text import MAX_DESCRIPTION_CHARS, clean_text_line, is_tagline_sized, truncate_text
from workers.ingest.shapes import LIST_ITEM_DESCRIPTION_RULE_SUFFIX
from workers.ingest.skip_rules import SentenceSkipRules

#: Hosts of homepages that are a store's page.
STORE_LINK_NAME_BY_HOST = {
    "apps.apple.com": "appStore",
    "itunes.apple.com": "appStore",
    "play.google.com": "googlePlay",
}
APP_STORE_NAME_FIELDS = {"name", "title"}
APP_STORE_TAGLINE_FIELDS = {"subtitle", "short_description"}
APP_STORE_DESCRIPTION_FIELDS = {"description", "full_description"}
PARAGRAPH_BREAK_PATTERN = re.compile(r"\n\s*\n|</?(?:p|h\d|ul|ol)\b[^>]*>|(?:<br\s*/?>\s*){2,}", re.IGNORECASE)
#: Tags of a description, for replacement by the marks of plain text: of a heading, an item, a paragraph.
STORE_TEXT_HTML_HEADING_PATTERN = re.compile(
    r"<(h\d)\b[^>]*>(.*?)</\1>|^[ \t]*<(?:b|strong|u)>([^<]*)</(?:b|strong|u)>[ \t]*$", re.IGNORECASE | re.MULTILINE
)
STORE_TEXT_LIST_ITEM_TAG_PATTERN = re.compile(r"<li\b[^>]*>", re.IGNORECASE)
STORE_TEXT_LINE_BREAK_TAGS_PATTERN = re.compile(r"</?(?:p|ul|ol|div|br)\b[^>]*>", re.IGNORECASE)
#: Content of a symbolic link: its target's path.
SYMLINK_CONTENT_PATTERN = re.compile(r"(?:\.\.?/)+\S+\.txt")


def read_app_store_text_statements(file: FetchedRepoFile) -> Iterator[RepositoryFileFieldCandidate]:
    match = paths.APP_STORE_TEXT_PATH_PATTERN.fullmatch(file.path)
    text = decode_app_store_text_file(file)
    if match is None or not text:
        return
    name = paths.parse_app_store_path_field(match)
    rule = f"store.{name}"
    if name in APP_STORE_NAME_FIELDS:
        yield from read_repo_app_name_statement(text, rule)
    elif name in APP_STORE_TAGLINE_FIELDS:
        yield from read_repo_app_tagline_statement(clean_text_line(text), 0.95, rule)
    elif name in APP_STORE_DESCRIPTION_FIELDS:
        yield from read_repo_app_description_statements(text, rule)
    elif name == "keywords" and (keywords := split_store_keywords(text)):
        yield RepositoryFileFieldCandidate("keywords", keywords, 0.95, rule)
    elif name == "marketing_url" and (found_links := read_homepage_link(text)):
        yield RepositoryFileFieldCandidate("links", found_links, 0.85, rule)


def read_repo_app_name_statement(text: str, rule: str) -> Iterator[RepositoryFileFieldCandidate]:
    name, tail = split_readme_heading(text)
    if is_possible_brand_name(name):
        yield RepositoryFileFieldCandidate("appName", name, 0.95, rule)
    yield from read_repo_app_tagline_statement(tail, 0.80, f"{rule}.tail")


def read_repo_app_tagline_statement(text: str, confidence: float, rule: str) -> Iterator[RepositoryFileFieldCandidate]:
    if is_tagline_sized(text):
        yield RepositoryFileFieldCandidate("tagline", text, confidence, rule)


def read_repo_app_description_statements(text: str, rule: str) -> Iterator[RepositoryFileFieldCandidate]:
    """Yield statements of the description in a store text: its opening that describes the app.

    Yield its list items as an alternative. Yield nothing without an opening.
    """
    marked_text = STORE_TEXT_LIST_ITEM_TAG_PATTERN.sub(
        "\n• ",
        STORE_TEXT_LINE_BREAK_TAGS_PATTERN.sub("\n", STORE_TEXT_HTML_HEADING_PATTERN.sub(r"\n** \2\3 **\n", text)),
    )
    skip_rules = SentenceSkipRules(detection.detect_text_language(clean_text_line(text))[0])
    if opening := " ".join(store_prose.find_description_opening_lines(marked_text, skip_rules)):
        yield RepositoryFileFieldCandidate("appDescription", truncate_text(opening, MAX_DESCRIPTION_CHARS), 0.92, rule)
        if items := store_prose.join_descriptive_items(marked_text, skip_rules, MAX_DESCRIPTION_CHARS):
            yield RepositoryFileFieldCandidate(
                "appDescription", items, 0.70, f"{rule}{LIST_ITEM_DESCRIPTION_RULE_SUFFIX}"
            )


def read_homepage_link(address: str) -> dict[str, str]:
    """Return a homepage's https address as the only item of a dict, by its name: `website` or a store.

    Return {} for GitHub itself, for an http address, and for one that a website ingest wouldn't accept.
    """
    try:
        url = ssrf_guard.check_fetch_url(address, allowed={})
    except InvalidValue:
        return {}
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    is_usable = url.startswith("https://") and host != "github.com"
    return {STORE_LINK_NAME_BY_HOST.get(host, "website"): url} if is_usable else {}


def split_app_store_text_paragraphs(text: str) -> list[str]:
    return [text_line for paragraph in PARAGRAPH_BREAK_PATTERN.split(text) if (text_line := clean_text_line(paragraph))]


def decode_app_store_text_file(file: FetchedRepoFile) -> str:
    text = decode_bytes_like_browser(file.body, "").strip()
    return "" if SYMLINK_CONTENT_PATTERN.fullmatch(text) else text


def list_app_store_prose_files(files: list[FetchedRepoFile]) -> Iterator[tuple[FetchedRepoFile, str, str]]:
    """Yield the store text files that have a description or a tagline, each with its locale and text."""
    for file in files:
        match = paths.APP_STORE_TEXT_PATH_PATTERN.fullmatch(file.path)
        if (
            match
            and paths.parse_app_store_path_field(match) in APP_STORE_TAGLINE_FIELDS | APP_STORE_DESCRIPTION_FIELDS
            and (text := decode_app_store_text_file(file))
        ):
            yield file, match["locale"], text
