"""Roles and speakers of a page's blocks."""

import pytest

from tests.workers.ingest.page.pages import page
from workers.ingest.page.blocks.cues import NUMBER_CUES, TextCue, load_cues

#: A page with enough text that none of its boxes is page-wide.
TOP = "<section><h1>Boats of oak for all</h1><p>We build them by hand.</p></section>"
PROSE = "".join(f"<p>We build boat {n} of oak, and it lasts for many years at sea.</p>" for n in range(9))
SPEAKERS = {"testimonial": "customer", "legal": "law", "placeholder": "theme"}
QUOTATION = "<div class=card><p>“I love this boat of yours, thank you!”</p><p>Zap of Bonn</p></div>"


@pytest.mark.parametrize(
    ("html", "role"),
    [
        ("<div class=reviews><p>I love my Zap so much.</p></div>", "testimonial"),
        ("<blockquote>I love my Zap so much.</blockquote>", "testimonial"),
        ("<p>“I love my Zap so much, thank you!”</p>", "testimonial"),
        ("<h2>お客様の声</h2><h3>Ann</h3><p>Zap is a lovely boat.</p>", "testimonial"),
        ("<h2>Opinie klientów</h2><p>Read here how people like their Zap.</p>", "prose"),
        (f"<div>{QUOTATION * 3}</div>", "testimonial"),
        ("<div class=services-preview><p>We have all kinds of Zap.</p></div>", "prose"),
        ("<div><div class=btn-quote><p>We have all kinds of Zap.</p></div></div>", "prose"),
        ("<div class=faq><p>How long does a Zap last?</p></div>", "faq"),
        ("<h2>Questions fréquentes</h2><p>Zap dure toute la vie.</p>", "faq"),
        ("<h3>How long does it last?</h3><p>Zap lasts for ever and ever.</p>", "faq"),
        ("<details><p>Our Zap lasts for ever.</p></details>", "faq"),
        ("<p>Zap rental: 90 € a day</p>", "offer"),
        ("<p>Zap: Monday 9:00 - 17:00</p>", "hours"),
        ("<p>Write to zap@acme.test today</p>", "contact"),
        ("<p>Zap, Am Hafen 3, 53111 Bonn</p>", "contact"),
        ("<p>© 2026 Zap of Bonn. All rights reserved.</p>", "legal"),
        ("<p>New Zap pages: coming soon</p>", "notice"),
        ("<form><p>Name of Zap</p></form>", "form"),
        ("<form><p>We use your data for the answer to your question about Zap alone.</p></form>", "form"),
        ("<div class='contact-form'><h3>Ask for your Zap</h3></div>", "form"),
        ("<footer><p>8:00 - 19:00 (Zap)</p></footer>", "hours"),
        ("<footer><a href='tel:123456'>Zap 12 34 56</a></footer>", "contact"),
        ("<p>15 Harbour Road, Zap Town</p>", "contact"),
        ("<div class=card-footer><p>For all people who like a Zap.</p></div>", "prose"),
        ("<p>Lorem Zap dolor sit amet</p>", "placeholder"),
        ("<p>[Your Zap name here]</p>", "placeholder"),
        ("<nav><a>Our Zap</a></nav>", "navigation"),
        ("<h2>Why Zap</h2>", "heading"),
        ("<ul>" + "<li>Zap has a cabin</li>" * 3 + "</ul>", "feature"),
        ("<ul>" + "<li><h3>Boats</h3><p>All sizes.</p><a href=/x>More on Zap</a></li>" * 3 + "</ul>", "navigation"),
        ("<a href=/x><h3>Boats</h3><p>A Zap of all sizes.</p></a>", "feature"),
        (
            "<div class=x><p>150+</p><p>users of Zap</p></div><div class=x><p>3</p></div><div class=x><p>4</p></div>",
            "label",
        ),
        (
            "<div class=x><p>01</p><p>Pick your Zap</p></div><div class=x><p>02</p></div><div class=x><p>03</p></div>",
            "feature",
        ),
        ("<h2>Why</h2><h3>Zap is fast</h3><h3>Cheap</h3>", "feature"),
        # An unclosed tag around most of the page says nothing.
        (f"<nav><blockquote><div class=reviews>{PROSE * 3}<p>We build Zap of oak.</p>", "prose"),
    ],
)
def test_role_and_speaker_of_a_block(html: str, role: str) -> None:
    passages = [passage for passage in page(TOP + PROSE + html).passages if "zap" in passage.text.lower()]
    assert [(passage.role, passage.speaker) for passage in passages] == [(role, SPEAKERS.get(role, "brand"))]


def test_a_hero_is_the_headline_with_the_lines_next_to_it() -> None:
    html = f"<section><p>Made in Bonn</p>{TOP}<h2>How we build</h2><p>By hand.</p></section>{PROSE}"
    heroes = [passage.text for passage in page(html).passages if passage.role == "hero"]
    assert heroes == ["Boats of oak for all", "We build them by hand."]


@pytest.mark.parametrize(
    ("html", "heroes"),
    [
        # The site's header has the name as its headline.
        (
            (
                "<header><h1>Zap</h1><nav><a>Home</a></nav></header>"
                "<section class=hero><h2>Boats of oak</h2><p>For all of you.</p></section>"
            ),
            ["Zap", "Boats of oak", "For all of you."],
        ),
        # The headline heads a section below the hero.
        (
            (
                "<div class='x__hero'><p>⭐</p><p>Boats of oak for all</p><a href=#y>Call us now</a></div>"
                "<section><h1>About us</h1><p>We build boats.</p></section>"
            ),
            ["Boats of oak for all"],
        ),
        # A hero of pictures and links says nothing.
        ("<div class=hero><a href=#y>Call us now</a></div><section><h1>Boats of oak</h1></section>", ["Boats of oak"]),
        (
            "<div class=hero><p>Since the first day</p><div class=h1>Boats of oak</div></div>",
            ["Boats of oak", "Since the first day"],
        ),
    ],
)
def test_a_box_that_is_named_the_hero_is_it(html: str, heroes: list[str]) -> None:
    passages = page(html + PROSE * 2).passages
    assert sorted(passage.text for passage in passages if passage.role == "hero") == sorted(heroes)


def test_a_number_at_the_end_of_a_page_labels_nothing_at_its_beginning() -> None:
    html = f"<div class=hero><p>Boats of oak for all</p><h1>Zap</h1></div>{PROSE * 2}<p>2024</p>"
    assert "Boats of oak for all" in [passage.text for passage in page(html).passages if passage.role == "hero"]


def test_a_text_whose_class_names_it_a_slogan_is_marked() -> None:
    card = "<div class=card-tagline>All about our sails</div>"
    html = f"{TOP}<p class='site-tagline'>Oak that swims for ever</p>{card}{PROSE}"
    assert [passage.text for passage in page(html).passages if passage.slogan] == ["Oak that swims for ever"]


@pytest.mark.parametrize(
    ("html", "texts"),
    [
        ("<p>Boats of oak<br>All made by hand</p>", ["Boats of oak", "All made by hand"]),
        ("<p>Boats of <b>oak</b>, made<br>by hand in Bonn</p>", ["Boats of oak, made by hand in Bonn"]),
        ("<p>Boats made of oak,<br>All of them by hand</p>", ["Boats made of oak, All of them by hand"]),
        ("<p>Boats made in<br>Old Bonn</p>", ["Boats made in Old Bonn"]),
        ("<h2>Boats of oak<br>All made by hand</h2>", ["Boats of oak All made by hand"]),
    ],
)
def test_two_lines_with_a_break_between_are_two_blocks(html: str, texts: list[str]) -> None:
    assert [passage.text for passage in page(html).passages] == texts


def test_names_of_font_icons_are_no_text() -> None:
    html = "<i class='material-icons'>arrow_forward</i><p><i class='fa fa-x'>home</i> A house of <i>our</i> own</p>"
    assert [passage.text for passage in page(html).passages] == ["A house of our own"]


def test_a_button_is_no_tagline() -> None:
    read = page("<div><h1>Acme</h1></div><div><a>Book a demo today</a></div>")
    assert [candidate.value for candidate in read.candidates if candidate.field == "tagline"] == []


@pytest.mark.parametrize("cue", sorted(NUMBER_CUES))
def test_a_cue_of_numbers_needs_a_digit(cue: TextCue) -> None:
    """Only such cues are searched in texts with a digit alone."""
    assert all(r"\d" in pattern for pattern in load_cues()["texts"][cue])
