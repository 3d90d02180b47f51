"""Document: a parsed page, and its parts for the ladders."""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice
from urllib.parse import urljoin, urlsplit

from bs4.element import Tag

from schemas.brand import BrandFieldName, BrandFieldValue, FieldCandidate
from workers.ingest.page import address, jsonld, tree
from workers.ingest.page.text import clean_text_line

#: Characters of visible text that are read: enough for its language, and a page's end is legal text.
MAX_VISIBLE_TEXT_CHARS = 20_000
#: Visible characters below which a page needs its scripts.
MIN_TEXT_CHARS_WITHOUT_JS = 200
#: Characters of an inline script above which it is a program.
MIN_JAVASCRIPT_PROGRAM_CHARS = 1_000

#: Tags and texts within a tag that are read for its text.
MAX_DESCENDANTS_READ_PER_TAG = 1_000
MAX_HREF_CHARS = 2048
#: Characters of an address that two readers may interpret differently.
AMBIGUOUS_URL_CHARACTER_PATTERN = re.compile(r"[\s\x00-\x20\x7f-\x9f\ud800-\udfff\"<>\\]")
#: An absolute address that stays the same when it is joined with a base.
PLAIN_ABSOLUTE_URL_PATTERN = re.compile(r"https?://[\w.-]+(?:/[^;]*)?")
JSONLD_ARTICLE_TYPE_PATTERN = re.compile(r"\w*(?:Article|Posting)")


class HtmlDocument:
    """Page at its final address; `header_language` is its Content-Language."""

    def __init__(self, html: str, *, url: str, header_language: str = "") -> None:
        built = tree.parse_html_tree(html)
        self.soup, self.tags, self.texts = built.root, built.tags, built.texts
        self.resolved: dict[str, str | None] = {}
        self.url = url
        self.header_language = header_language

    def build_candidate(
        self, field: BrandFieldName, value: BrandFieldValue, confidence: float, rule: str
    ) -> FieldCandidate:
        return FieldCandidate(field=field, value=value, confidence=confidence, rule=rule, url=self.url)

    @cached_property
    def meta_contents_by_name(self) -> dict[str, list[str]]:
        """Return the contents of all `<meta>` tags by lower-case property, name, itemprop or http-equiv.

        Empty contents are left out.
        """
        metas: dict[str, list[str]] = {}
        for tag in self.tags["meta"]:
            content = read_tag_attribute(tag, "content")
            for key in ("property", "name", "itemprop", "http-equiv"):
                if content and (name := read_tag_attribute(tag, key).lower()):
                    metas.setdefault(name, []).append(content)
        return metas

    def read_first_meta_texts(self, *names: str) -> Iterator[tuple[str, str]]:
        """Return the first `<meta>` content of each of `names` that the page has, as pairs of name and content.

        They are in the order of `names`.
        """
        return ((name, self.meta_contents_by_name[name][0]) for name in names if name in self.meta_contents_by_name)

    @cached_property
    def jsonld_nodes(self) -> list[jsonld.JsonLdNode]:
        scripts = self.tags["script"]
        blocks = (tag for tag in scripts if read_tag_attribute(tag, "type").lower().startswith("application/ld+json"))
        return jsonld.parse_jsonld_nodes(block.get_text() for block in blocks)

    @cached_property
    def title(self) -> str:
        """Return the text of the page's `<title>`, not of an SVG's; empty without one."""
        titles = (tag for tag in self.tags["title"][:10] if tag.find_parent("svg") is None)
        return next(map(read_tag_text, titles), "")

    @cached_property
    def is_home(self) -> bool:
        return address.is_home_page_url(self.url)

    @cached_property
    def is_article_page(self) -> bool:
        """Return whether the page declares itself an article in `og:type` or JSON-LD, and isn't a home page.

        The texts of an article are about its own subject, and only its names are about the brand.
        """
        declared = any(kind.lower().startswith("article") for _, kind in self.read_first_meta_texts("og:type"))
        kinds = (kind for node in self.jsonld_nodes for kind in jsonld.read_jsonld_types(node))
        return not self.is_home and (declared or any(map(JSONLD_ARTICLE_TYPE_PATTERN.fullmatch, kinds)))

    @cached_property
    def needs_scripts(self) -> bool:
        """Return whether scripts render the page's text.

        Such a page has next to no text, and a script that is a program.
        """
        return len(self.visible_text) < MIN_TEXT_CHARS_WITHOUT_JS and any(map(is_program_script, self.tags["script"]))

    @cached_property
    def site(self) -> str:
        return address.site_of_url(self.url)

    @cached_property
    def domain_label(self) -> str:
        """Return the page's domain label, such as `acme` of `www.acme.co.uk`; empty for an IP address."""
        return (address.url_registered_domain(self.url) or "").partition(".")[0]

    @cached_property
    def headline_h1_tag(self) -> Tag | None:
        """Return the first `<h1>` with text among the page's first ten `<h1>`; None if none has text."""
        return next((tag for tag in self.tags["h1"][:10] if read_tag_text(tag)), None)

    @cached_property
    def visible_text(self) -> str:
        """Return the page's visible text, up to `MAX_VISIBLE_TEXT_CHARS` characters."""
        return join_visible_text(self.texts)

    @cached_property
    def base_url(self) -> str:
        """Return the base of relative addresses: the first `<base>` with an address if valid, else the page's."""
        bases = filter(None, (read_tag_attribute(tag, "href") for tag in self.tags["base"]))
        try:
            return urljoin(self.url, next(bases, ""))
        except ValueError:
            return self.url

    def resolve_link(self, address: str) -> str | None:
        """Return the address as an absolute http(s) URL without fragment; None if it is unusable as one."""
        if address not in self.resolved:
            self.resolved[address] = resolve_http_url(self.base_url, address)
        return self.resolved[address]


def resolve_http_url(base: str, address: str) -> str | None:
    """Resolve an address against `base`: return an absolute http(s) URL without fragment.

    Return None for any other scheme, and for an invalid, ambiguous or long address.
    """
    address = address.strip()
    try:
        is_absolute = PLAIN_ABSOLUTE_URL_PATTERN.fullmatch(address) is not None
        parts = urlsplit(address if is_absolute else urljoin(base, address))
    except ValueError:
        return None
    usable = parts.scheme in {"http", "https"} and parts.hostname and "@" not in parts.netloc
    url = parts._replace(fragment="", path=parts.path or "/").geturl()
    return url if usable and len(url) <= MAX_HREF_CHARS and not AMBIGUOUS_URL_CHARACTER_PATTERN.search(url) else None


def read_tag_attribute(tag: Tag, name: str) -> str:
    """Return an HTML attribute's text, empty if it is missing; a list, such as `rel`, is joined by blanks."""
    value = tag.get(name)
    return (value if isinstance(value, str) else " ".join(value or ())).strip()


def is_program_script(script: Tag) -> bool:
    """Return whether a script is a program: external, or inline with many characters; a block of JSON is none."""
    program = not read_tag_attribute(script, "type").endswith("json")
    return program and ("src" in script.attrs or len(script.get_text()) > MIN_JAVASCRIPT_PROGRAM_CHARS)


def read_tag_text(tag: Tag) -> str:
    """Return the tag's text on one line. Only a maximum of tags and texts within it is read."""
    kinds = tag.interesting_string_types or ()
    return clean_text_line(
        " ".join(
            str(element) for element in islice(tag.descendants, MAX_DESCENDANTS_READ_PER_TAG) if type(element) in kinds
        )
    )


def join_visible_text(texts: Iterable[str]) -> str:
    parts, size = [], 0
    for text in texts:
        parts.append(" ".join(text.split()))
        size += len(parts[-1])
        if size > MAX_VISIBLE_TEXT_CHARS:
            break
    return " ".join(parts)[:MAX_VISIBLE_TEXT_CHARS]
