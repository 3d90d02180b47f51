"""The ideal customer: customers with a place and a need, in the source's own language, each part with its quote."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.workers.ingest.derive.prose import URL, derived, prose
from workers.ingest.derive.tables import load_customer_grammar
from workers.ingest.shapes import Passage, SourceFact, SourceProse

FOR = "Built for accountants and small businesses."
USE = "Acme helps you send invoices in seconds - and sleep."


def test_a_use_in_the_sources_words_makes_a_sentence() -> None:
    icp = derived(prose(FOR, USE))["icp"]
    assert icp.value == "Accountants and small businesses who want to “send invoices in seconds”."
    assert [(part.part, part.value, part.quote, part.basis) for part in icp.parts] == [
        ("role", "accountants", FOR, "stated"),
        ("organization", "small businesses", FOR, "stated"),
        ("use", "send invoices in seconds", USE, "stated"),
    ]
    assert icp.evidence == [FOR, USE]


def source(language: str, title: str, address: str = "", *facts: SourceFact) -> SourceProse:
    return SourceProse(
        url=URL,
        language=language,
        about=[title],
        passages=[Passage(text=address or "Tides.", role="contact", url=URL)],
        facts=[*facts],
    )


#: By language: a title, a postal line, and the beginning of the sentence.
TRADES = {
    "en": ("Roof repair since 1950", "12 High Street, Leeds, MA 01053", "Homeowners and property managers in Leeds"),
    "de": (
        "Dachdecker Meier",
        "Hauptstraße 1, 53111 Bonn Telefon 0228",
        "Hausbesitzer und Hausverwaltungen in Bonn, die Dach",
    ),
    "fr": (
        "Votre couvreur depuis 1950",
        "3 rue Nova, 69001 Lyon",
        "Propriétaires et gestionnaires immobiliers à Lyon à la recherche de travaux de toiture.",
    ),
    "pl": (
        "Usługi dekarskie",
        "ul. Nowa 3, 60-101 Poznań",
        "Właściciele domów i zarządcy nieruchomości (Poznań), których interesuje: usługi dekarskie.",
    ),
    "ja": ("屋根工事の専門店", "", "屋根工事・雨漏り修理を探している"),
}


@pytest.mark.parametrize("language", TRADES)
def test_a_trade_gives_customers_and_need_in_the_sources_language(language: str) -> None:
    title, address, sentence = TRADES[language]
    icp = derived(source(language, title, address))["icp"]
    assert str(icp.value).startswith(sentence)
    assert {part.basis for part in icp.parts if part.part in {"role", "organization"}} == {"inferred"}
    assert {part.quote for part in icp.parts if part.basis == "inferred"} == {title}


def test_a_declared_type_and_town_are_enough() -> None:
    facts = (SourceFact(kind="business_type", value="Dentist"), SourceFact(kind="place", value="Leeds"))
    icp = derived(source("en", "Smile, please", "", *facts))["icp"]
    assert icp.value == "Patients and families in Leeds looking for dental treatment."
    assert {part.quote for part in icp.parts} == {"Dentist", "Leeds"}


def test_a_mention_alone_is_no_trade() -> None:
    assert not {"audience", "icp"} & derived(prose("Last year we met at a dentist.")).keys()


def test_the_trade_of_its_customers_is_not_the_brands() -> None:
    title = "Electronic notice frames for estate agents"
    assert "icp" not in derived(source("en", title))


def test_competitors_are_no_customers() -> None:
    text = "We work for farmers and for families around us."
    icp = derived(prose(text, about=["Hill Farm: fresh produce of our own fields", text], language="en"))["icp"]
    assert "families" in str(icp.value).casefold()
    assert "farmers" not in str(icp.value)


def test_children_alone_buy_nothing() -> None:
    icp = derived(prose("Swimming lessons for children.", about=["Swim school for children"]))["icp"]
    assert str(icp.value).startswith(("Parents", "Families"))


@pytest.mark.parametrize(
    ("title", "text", "place"),
    [
        ("Kimo | Your dentist in Leeds", "We have been in Leeds since 1990.", "in Leeds looking"),
        ("Kimo | Your dentist", "We have been in Leeds since 1990. In Leeds we stay.", "families looking"),
        ("Kimo | Your dentist in Comfort", "Treated in Comfort: comfort is all.", "families looking"),
        ("Kimo | Your dentist", "Our dentists visit you across the UK.", "families across the UK looking"),
    ],
    ids=["town", "no town of the title", "no name", "nationwide"],
)
def test_a_title_names_the_town_and_a_text_the_reach(title: str, text: str, place: str) -> None:
    assert place in str(derived(prose(text, about=[title]))["icp"].value)


def test_selling_points_are_the_customers_priorities() -> None:
    icp = derived(
        prose("Fair prices.", "Our fair prices.", about=["Your dentist: fair prices"], headings=["Fair prices"])
    )
    assert str(icp["icp"].value).endswith(" What matters to them: fair prices.")
    assert icp["icp"].parts[-1].part == "priority"


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("Seit 1998 Erfahrung mit Dächern", {}),
        ("Über 5000 Zufriedene Kunden", {"role": "prose"}),
        ("1234 Main Street", {}),
        ("Anna Meier, 12345 Berlin", {"role": "testimonial", "speaker": "customer"}),
        ("Neues aus Haus 3, 12345 Berlin", {"story": True}),
    ],
    ids=["a year", "a number", "a street", "a customer's town", "a story's town"],
)
def test_no_other_number_before_a_name_is_a_place(text: str, more: dict[str, Any]) -> None:
    passage = Passage(**{"text": text, "role": "contact", "url": URL, **more})
    icp = derived(SourceProse(url=URL, language="de", about=["Dachdecker"], passages=[passage]))["icp"]
    assert icp.value == "Hausbesitzer und Hausverwaltungen, die Dachdeckerarbeiten suchen."


@pytest.mark.parametrize("area", ["Worldwide", "Country"])
def test_a_boundless_area_is_no_place(area: str) -> None:
    facts = (SourceFact(kind="place", value="Leeds, West Yorkshire"), SourceFact(kind="area", value=area))
    for declared, sentence in ((facts, "in Leeds looking"), (facts[1:], "families looking")):
        assert sentence in str(derived(source("en", "Your dentist", "", *declared))["icp"].value)


def test_a_language_without_a_grammar_has_neither_audience_nor_icp() -> None:
    assert load_customer_grammar("fi") is None
    assert not {"audience", "icp"} & derived(source("fi", "Dachdecker")).keys()


@pytest.mark.parametrize(
    ("texts", "labels"),
    [(["Built for developers."], ()), ([USE], ()), (["Tides."], ("Book a demo", "Case studies"))],
    ids=["a role", "a use", "a segment"],
)
def test_customers_without_a_need_or_a_use_without_customers_give_no_icp(
    texts: list[str], labels: tuple[str, ...]
) -> None:
    assert "icp" not in derived(prose(*texts, labels=labels))


def test_an_offer_of_no_known_trade_needs_stated_customers() -> None:
    about, headings = ("Kimo | Tandem zorbs",), ("Tandem zorbs on lawns", "Foam mats")
    nobody, stated = (derived(prose(text, about=about, headings=headings, name="Kimo")) for text in ("Roll.", FOR))
    assert not {"audience", "icp"} & nobody.keys()
    assert "businesses looking for tandem zorbs" in str(stated["icp"].value)


def test_the_name_and_a_word_of_few_texts_are_no_offer() -> None:
    headings = ("Zorbs", "Foam mats", "Lawn games")
    for title, name in (("Tandem Zorbs", "Tandem Zorbs"), ("Zorbs", "Kimo")):
        candidates = derived(prose(FOR, about=(title,), headings=headings, name=name))
        assert "keywords" in candidates
        assert "icp" not in candidates


def test_software_for_a_local_trade_is_not_of_that_trade() -> None:
    title = "Kimo: booking software for the hair salon"
    texts = ["Booking software that fills your hair salon.", "Every hair salon is different."]
    candidates = derived(prose(*texts, about=(title,), headings=("Booking software",), name="Kimo"))
    assert "appointment scheduling" in str(candidates["icp"].value)
    assert "haircut" not in str(candidates["icp"].value)


def test_players_of_a_game_are_no_audience() -> None:
    candidates = derived(prose("Chess is a board game for two players.", "It helps you pass the time."))
    assert not {"audience", "icp"} & candidates.keys()


PIECES = some.sampled_from(
    [
        FOR,
        USE,
        "for two teams",
        "Whether you're a designer,",
        "We help families",
        "who want to",
        "Our bakery",
        "x " * 99,
    ]
)


@given(
    some.lists(some.lists(PIECES, max_size=6).map(" ".join), max_size=6),
    some.sampled_from(["en", "de", "fr", "pl", "ja", "ar"]),
    some.sampled_from(["Bakery", "Plumber", "Bäckerei", "パン屋", "مخبز"]),
)
@settings(deadline=None)
def test_each_part_of_any_icp_is_in_its_sentence_and_its_quote_in_the_source(
    texts: list[str], language: str, title: str
) -> None:
    candidates = derived(prose(*texts, about=[title], language=language))
    if icp := candidates.get("icp"):
        customers = [part for part in icp.parts if part.part in {"role", "organization"}]
        assert customers
        assert "audience" in candidates
        assert all(any(part.quote in text for text in [title, *texts]) for part in icp.parts)
        assert {part.quote for part in icp.parts} >= {*icp.evidence}
        assert all(part.value.casefold() in str(icp.value).casefold() for part in icp.parts)


def test_no_english_is_written_about_a_text_in_another_language() -> None:
    """A template declares English, and the text is in Croatian."""
    text = (
        "Apartmani na moru za vaš odmor. Smještaj za obitelji i parove samo pet minuta od plaže. Doručak je na terasi "
        "uz pogled na more. Rezervirajte na vrijeme i uživajte u miru. Parkiralište je ispred kuće, a trgovina preko "
        "puta. Kako do nas iz Zagreba ili Splita? Brod za otoke polazi svako jutro i vraća se navečer. Mi volimo more."
    )
    source = prose(text, headings=("Odmor na moru", "Odmor i smještaj"), about=("Odmor i smještaj na moru",))
    assert not {"audience", "icp", "brandVoice"} & derived(source).keys()


def test_a_source_in_traditional_characters_has_words_of_the_tables_in_these() -> None:
    source = prose("我們為家庭提供專業牙醫服務，讓您安心。", about=["牙醫診所"], language="zh-TW")
    icp = derived(source)["icp"]
    assert str(icp.value).startswith("尋找")
    assert "寻" not in str(icp.value)
    assert all(part.value in str(icp.value) for part in icp.parts)
