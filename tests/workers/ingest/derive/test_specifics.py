"""Specific needs: headings of the cards in a section with an offer, as they stand inside a sentence."""

import pytest

from tests.workers.ingest.derive.prose import URL, derived
from workers.ingest.shapes import Passage, SourceProse

TITLE = {
    "en": "Kimo | Roof repair",
    "de": "Kimo | Dachdecker",
    "it": "Kimo | Tetti e coperture",
    "ja": "屋根工事の専門店",
}


def page(language: str, *sections: tuple[str, list[str]], text: str = "") -> SourceProse:
    """Build a page of a roofer with sections, each a heading and its cards."""
    passages = [Passage(text=text, url=URL)] if text else []
    for heading, cards in sections:
        passages.append(Passage(text=heading, kind="heading", role="heading", url=URL))
        passages += [Passage(text=card, kind="heading", role="feature", url=URL) for card in cards]
    return SourceProse(url=URL, language=language, name="Kimo", about=[TITLE[language]], passages=passages)


def specifics(source: SourceProse) -> list[str]:
    return [part.value for part in derived(source)["icp"].parts if part.part == "specific"]


@pytest.mark.parametrize(
    ("language", "heading", "cards", "values"),
    [
        ("en", "Our services", ["Flat Roofs", "Gutter Cleaning", "Skylights"], ["flat roofs", "gutter cleaning"]),
        ("de", "Was wir für Sie tun", ["Flachdächer", "Dachgauben", "Dachrinnen"], ["Flachdächer", "Dachgauben"]),
        ("it", "I nostri servizi", ["Pulizia delle grondaie", "Lucernari"], ["pulizia delle grondaie", "lucernari"]),
        ("ja", "サービス内容", ["外壁塗装", "雨どい交換"], ["外壁塗装", "雨どい交換"]),
    ],
)
def test_cards_below_a_heading_with_an_offer_are_specifics(
    language: str, heading: str, cards: list[str], values: list[str]
) -> None:
    source = page(language, ("Zorbs", ["Foam Mats", "Lawn Games"]), (heading, cards))
    assert specifics(source)[:2] == values


@pytest.mark.parametrize("heading", ["Why choose us", "How our services work", "Our team", "Recent projects", "Blog"])
def test_cards_of_other_sections_are_no_specifics(heading: str) -> None:
    assert specifics(page("en", (heading, ["Flat Roofs", "Gutter Cleaning", "Skylights"]))) == []


def test_cards_below_an_untelling_heading_need_words_of_the_trade_or_the_title() -> None:
    assert specifics(page("en", ("At a glance", ["Flat Roofs", "Roof Windows", "Gutters"]))) == [
        "flat roofs",
        "roof windows",
        "gutters",
    ]
    assert specifics(page("en", ("At a glance", ["Lawn Games", "Foam Mats", "Skylights"]))) == []


@pytest.mark.parametrize(
    "card",
    [
        "Get a quote",
        "From $99",
        "We climb for you",
        "Your roof, our passion",
        "Anna Meier",
        "Quality",
        "Kimo Roofs",
        "A roof that lasts. Really.",
    ],
)
def test_no_call_price_sentence_name_praise_or_repeated_need_is_a_specific(card: str) -> None:
    values = specifics(page("en", ("Services", [card, "Skylights", "Gutter Cleaning"])))
    assert values == ["skylights", "gutter cleaning"]


def test_acronyms_and_names_keep_their_capitals() -> None:
    text = "Since last year our whole crew has worked with Velux on every house. We like to see Velux in new homes too."
    cards = ["PVC Gutters", "Velux Windows", "Flat Roofs"]
    assert specifics(page("en", ("Services", cards), text=text)) == ["PVC gutters", "Velux windows", "flat roofs"]
