"""Pages with deep nesting and repetition that keep a parser busy: each is read within a second of CPU."""

import time

import pytest

from tests.workers.ingest.page.pages import page
from workers.ingest.page.tree import MAX_HTML_DEPTH, parse_html_tree

TITLE = b"<title>Acme</title>"
REFRESH = b"<meta http-equiv=refresh content=0>"
PAGES = {
    "a megabyte of tags in each other": TITLE + b"<div>" * 200_000,
    "declared shadow roots in each other": TITLE + b"<div><template shadowrootmode=open>" * 30_000,
    "tags in each other, then ends of none": TITLE + b"<ul><body>" * 90_000 + b"</b>" * 250_000,
    "ends of none in deep tags": TITLE + b"<div>" * 500 + b"</b>" * 500_000,
    "links around all that follows": TITLE + b"<a href=/x><div>" * 20_000,
    "links around a long list": TITLE + b"<a href=/x><div>" * 250 + b"<br>" * 50_000,
    "refreshes far inside of a noscript": b"<noscript>" + b"<div>" * 500 + REFRESH * 5_000 + TITLE,
    "titles far inside": b"<div>" * 500 + TITLE * 10_000,
    "blanks in an icon's place": TITLE + b'<span class="x">' + b" " * 100_000 + b"Hello</span>",
    "quotation marks without an end": TITLE + (b"<p>" + b'"' * 4_800 + b" a b c d e f0</p>") * 20,
    "breaks between lines": TITLE + b"<p>" + b"Bread of rye, and<br>" * 45_000,
    "headings around all that follows": TITLE + b"<h1><div>" * 250 + b"<br>" * 50_000,
}


@pytest.fixture(autouse=True, scope="module")
def warm() -> None:
    """Load the language model in advance: a process loads it with its first page."""
    page(TITLE + b"<p>" + b"Tide tables that know your boat. " * 20)


@pytest.mark.timing
@pytest.mark.parametrize("which", PAGES)
def test_a_deep_page_is_read_within_a_second(which: str) -> None:
    started = time.process_time()
    assert page(PAGES[which]).title
    assert time.process_time() - started < 1


def test_texts_below_the_maximum_depth_belong_to_the_deepest_tag() -> None:
    tree = parse_html_tree("<b>" * 2 * MAX_HTML_DEPTH + "x<i>y</i>" + "</b>" * 2 * MAX_HTML_DEPTH + "z")
    assert [str(text) for text in tree.texts] == ["x", "y", "z"]
    x, y, z = tree.texts
    assert x.parent is y.parent
    assert len(list(x.parents)) == MAX_HTML_DEPTH + len([tree.root])
    assert [parent.name for parent in z.parents][-3:] == ["body", "html", "[document]"]
    assert not tree.tags["i"]
