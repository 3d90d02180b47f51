"""Tree of a page: Beautiful Soup's, built at a fifth of its cost.

lxml reports each tag and text as it parses it. They are linked here as Beautiful Soup's own builder does,
so that its searches have the same results. Comments and blank texts are left out: no rule reads them. The
tags by name and the visible texts are collected in the same pass.
"""

from collections import defaultdict
from collections.abc import Mapping

from bs4.element import (
    HTMLAttributeDict,
    NavigableString,
    RubyParenthesisString,
    RubyTextString,
    Script,
    Stylesheet,
    Tag,
    TemplateString,
)
from lxml import etree

UNREAD_TEXT_TAGS = frozenset("script style noscript template svg title select textarea iframe button".split())
#: Tags above a text that are checked: an unclosed tag silences no page.
UNREAD_TEXT_TAG_REACH_LEVELS = 5
#: Nesting depth of tags that are built, as in browsers: deeper texts belong to the deepest built tag. So a
#: walk up from any tag is short.
MAX_HTML_DEPTH = 512
#: Bytes of a piece. After a piece in which a page is deeper, it is read no further: for each unmatched end
#: tag lxml checks all open tags. Of 267 real pages the deepest has 44.
HTML_FEED_CHUNK_BYTES = 16 << 10
#: Kinds of the texts in these tags, as in Beautiful Soup.
SOUP_STRING_CLASS_BY_TAG: Mapping[str, type[NavigableString]] = {
    "script": Script,
    "style": Stylesheet,
    "template": TemplateString,
    "rt": RubyTextString,
    "rp": RubyParenthesisString,
}


class HtmlElement(Tag):
    """Tag of a page. Attributes with the same value for all tags are on the class, so that a tag is cheap."""

    parser_class = None
    namespace = None
    prefix = None
    _namespaces: dict[str, str] = {}  # noqa: RUF012  nothing writes to it
    sourceline = None
    sourcepos = None
    known_xml = False
    hidden = False
    can_be_empty_element = False
    cdata_list_attributes = None
    preserve_whitespace_tags = None
    interesting_string_types = Tag.MAIN_CONTENT_STRING_TYPES

    def __init__(self, name: str, attrs: Mapping[str, str], parent: Tag | None) -> None:
        self.name = name
        self.attrs = HTMLAttributeDict(attrs)
        self.contents = []
        self.parent = parent
        self.previous_element = self.next_element = self.previous_sibling = self.next_sibling = None


#: Open tag, the distance of a text in it from a silent tag, and the kind of such a text.
OpenHtmlTag = tuple[HtmlElement, int, type[NavigableString]]


class PageTree:
    """Target of lxml's parser, which calls `start`, `end`, `data`, `comment`, `pi`, `doctype` and `close`."""

    def __init__(self) -> None:
        self.root = HtmlElement("[document]", {}, None)
        self.tags: defaultdict[str, list[Tag]] = defaultdict(list)
        self.texts: list[NavigableString] = []
        self.last_element: Tag | NavigableString = self.root
        self.open_tags: list[OpenHtmlTag] = [(self.root, UNREAD_TEXT_TAG_REACH_LEVELS, NavigableString)]
        self.pending_texts: list[str] = []
        self.data = self.pending_texts.append

    def start(self, name: str, attrs: Mapping[str, str]) -> None:
        if self.pending_texts:
            self.append_pending_text()
        tag, distance, kind = self.open_tags[-1]
        kind = SOUP_STRING_CLASS_BY_TAG.get(name, kind)
        if len(self.open_tags) <= MAX_HTML_DEPTH:
            tag = self.append_tag(name, attrs, tag, kind)
        self.open_tags.append((tag, 0 if name in UNREAD_TEXT_TAGS else distance + 1, kind))

    def append_tag(
        self, name: str, attrs: Mapping[str, str], parent: HtmlElement, kind: type[NavigableString]
    ) -> HtmlElement:
        tag = HtmlElement(name, attrs, parent)
        if name in SOUP_STRING_CLASS_BY_TAG:
            tag.interesting_string_types = {kind}
        self.append_node(tag, parent)
        self.tags[name].append(tag)
        return tag

    def end(self, _: str) -> None:
        """End the innermost tag: lxml ends each tag that it starts, in order, even if the page doesn't."""
        if self.pending_texts:
            self.append_pending_text()
        self.open_tags.pop()

    def append_pending_text(self, *_: object) -> None:
        """Add the pending text to the tree, at a tag or a comment; blank texts and comments are dropped."""
        text = "".join(self.pending_texts)
        self.pending_texts.clear()
        if not text or text.isspace():
            return
        parent, distance, kind = self.open_tags[-1]
        string = kind(text)
        string.parent = parent
        self.append_node(string, parent)
        if kind is NavigableString and distance >= UNREAD_TEXT_TAG_REACH_LEVELS:
            self.texts.append(string)

    comment = pi = doctype = append_pending_text

    def append_node(self, element: Tag | NavigableString, parent: Tag) -> None:
        element.previous_element, self.last_element.next_element = self.last_element, element
        if parent.contents:
            before = parent.contents[-1]
            element.previous_sibling, before.next_sibling = before, element
        parent.contents.append(element)
        self.last_element = element

    def close(self) -> "PageTree":
        self.append_pending_text()
        return self


def parse_html_tree(html: str) -> PageTree:
    """Parse any HTML text, also an empty one, into a `PageTree`.

    A page that is nested deeper than `MAX_HTML_DEPTH` is cut.
    """
    target = PageTree()
    parser = etree.HTMLParser(target=target, encoding="utf-8")
    text = b"\n" + html.replace("\x00", "").encode("utf-8", "replace")
    for start in range(0, len(text), HTML_FEED_CHUNK_BYTES):
        parser.feed(text[start : start + HTML_FEED_CHUNK_BYTES])
        if len(target.open_tags) > MAX_HTML_DEPTH:
            break
    tree: PageTree = parser.close()
    return tree
