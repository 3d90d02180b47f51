"""The tree compared with Beautiful Soup's own, for any markup."""

import random
from itertools import pairwise

import pytest
from bs4 import BeautifulSoup
from bs4.element import CData, Comment, Declaration, Doctype, NavigableString, ProcessingInstruction, Tag
from hypothesis import given
from hypothesis import strategies as st

from cli.local.demo import DEMO_SITE_FOLDER
from workers.ingest.page.tree import parse_html_tree

UNREAD = (Comment, CData, Declaration, Doctype, ProcessingInstruction)
PIECES = st.sampled_from(
    """<html> <head> <body> <title> </title> <div> </div> <p> </p> <b> </b> <a\thref="/x"> </a> <table> <tr>
    <td> </table> <ul> <li> </ul> <script> </script> <style> </style> <template> </template> <svg> </svg>
    <select> <option> </select> <ruby> <rt> </ruby> <br> <br/> </br> <meta\tcontent=1> <!--note--> <!doctype>
    <?pi?> &amp; < text word <noscript> </noscript> <textarea> </textarea> <pre> </pre> <form> </form> <h1>
    </h1> <![CDATA[x]]> </html> </body> <frameset> <math> <x:y\tz:a="1"> \x00 \ufeff \ud800""".split(" ")
)

Elements = list[Tag | NavigableString]


def reference_elements(html: str) -> Elements:
    """Return the elements of Beautiful Soup's own tree, without those that our tree leaves out."""
    markup = b"\n" + html.replace("\x00", "").encode("utf-8", "replace")
    soup = BeautifulSoup(markup, "lxml", from_encoding="utf-8", multi_valued_attributes=None)
    return [
        element
        for element in elements_of(soup)
        if isinstance(element, Tag) or not (isinstance(element, UNREAD) or element.isspace())
    ]


def elements_of(root: Tag) -> Elements:
    return [element for element in root.descendants if isinstance(element, Tag | NavigableString)]


def describe(elements: Elements) -> list[object]:
    """Return all properties that a rule may read: order, kinds, attributes, parents and texts."""
    places = {id(element): place for place, element in enumerate(elements)}
    return [
        (
            (
                element.name,
                dict(element.attrs),
                " ".join(element.get_text(" ").split()),
                element.find_next("p") and True,
            )
            if isinstance(element, Tag)
            else (type(element), str(element)),
            places.get(id(element.parent)),
            [parent.name for parent in element.parents],
        )
        for element in elements
    ]


def own_elements(html: str) -> Elements:
    return elements_of(parse_html_tree(html).root)


@given(st.lists(PIECES, max_size=40).map("".join))
def test_the_tree_equals_beautiful_soups(html: str) -> None:
    assert describe(own_elements(html)) == describe(reference_elements(html))


@pytest.mark.parametrize("seed", range(3))
def test_the_tree_of_a_shuffled_page_equals_beautiful_soups(seed: int) -> None:
    parts = (DEMO_SITE_FOLDER / "index.html").read_text().split("<") * 5
    random.Random(seed).shuffle(parts)
    html = "<".join(parts)
    assert describe(own_elements(html)) == describe(reference_elements(html))


def test_each_tag_and_text_is_linked_both_ways() -> None:
    root = parse_html_tree("<p>a<b>c</b><i>d</i>e<p>f").root
    elements = [root, *root.descendants]
    for element, following in pairwise(elements):
        assert element.next_element is following
        assert following.previous_element is element
    for tag in (element for element in elements if isinstance(element, Tag)):
        for element, following in pairwise(tag.contents):
            assert element.next_sibling is following
            assert following.previous_sibling is element


def test_tags_and_visible_texts_are_collected_in_order() -> None:
    tree = parse_html_tree("<title>t</title><p>a<b>b<!-- x -->c</b><script>d</script><button>e</button><b>f")
    assert [str(text) for text in tree.texts] == ["a", "b", "c", "f"]
    assert [tag.get_text() for tag in tree.tags["b"]] == ["bc", "f"]
    assert tree.tags["script"][0].get_text() == "d"


def test_an_unclosed_silent_tag_hides_only_near_texts() -> None:
    tree = parse_html_tree("<svg><g>a<g><g><g><g>b")
    assert [str(text) for text in tree.texts] == ["b"]
