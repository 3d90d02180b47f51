"""Derived keywords: topics that a source lists in its title, offers and features, then noun phrases that recur."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.workers.ingest.derive.prose import URL, derived, prose
from workers.ingest.derive.distinct import stem_term
from workers.ingest.derive.keyword_phrases import lower_text
from workers.ingest.shapes import Passage, PassageRole, SourceProse

TITLE = "Tide tables and currents for every harbour"
TEXT = "Tide tables work offline. Sailors see the currents around the harbour, a tide alarm and moon phases."


def keywords(source: SourceProse) -> list[str]:
    """Return the keywords in lower case."""
    return [word.lower() for word in written_keywords(source)]


def written_keywords(source: SourceProse) -> list[str]:
    candidate = derived(source).get("keywords")
    return list(candidate.value) if candidate else []


@pytest.mark.parametrize("place", ["headings", "about"])
def test_a_keyword_recurs_and_is_in_a_heading_or_the_title(place: str) -> None:
    source = prose(TEXT, headings=(TITLE,)) if place == "headings" else prose(TEXT, about=(TITLE,))
    found_keywords = keywords(source)
    assert {"tide tables", "currents"} <= {*found_keywords}
    assert any("harbour" in word for word in found_keywords)
    assert not {"moon phases", "alarm", "sailors", "offline"} & {*found_keywords}


def test_terms_only_in_texts_or_once_in_a_heading_are_no_keywords() -> None:
    assert keywords(prose(TITLE, TEXT)) == []
    assert keywords(prose("Boats are here.", headings=("A harbour", "The currents"))) == []


def test_terms_of_the_title_and_whole_headings_are_keywords() -> None:
    assert "currents" in keywords(prose("Boats are here.", about=(TITLE,)))
    assert "moon phases" in keywords(prose("Boats are here.", headings=("Moon phases", "Tide alarms")))


SYLLABLES = some.lists(some.sampled_from("bo da ki lu mo na ru ta vo zi".split()), min_size=3, max_size=3, unique=True)
#: Three invented words.
INVENTED = (
    some.lists(SYLLABLES.map("".join), min_size=3, max_size=3, unique=True)
    .map(lambda words: [f"{word}x" for word in words])
    .filter(lambda words: len({stem_term(word) for word in words}) == len(words))
)
#: Texts of one language in which `{n}` and `{m}` are nouns, and `{v}` is a verb or an adjective.
TEXTS_WITH_UNKNOWN_WORDS = {
    "verb": ("en", "{v} your {n} with the {m}", "You {v} the {n}. They can {v} a {m}."),
    "adjective": ("en", "The {v} {n} and a very {v} {m}", "The {n} is {v}. Each {m} is so {v}."),
    "verb of German": ("de", "So {v} Sie das {N} und die {M}", "Wir {v} jetzt das {N} mit der {M}."),
    "adjective of French": ("fr", "Une {n} très {v} pour la {m}", "La {n} est {v}. Cette {m} est {v}."),
    "verb of Spanish": ("es", "Ella {v} la {n} con el {m}", "Usted {v} una {n}. No {v} este {m}."),
}


@pytest.mark.parametrize("kind", TEXTS_WITH_UNKNOWN_WORDS)
@given(words=INVENTED)
@settings(deadline=None, max_examples=30)
def test_unknown_nouns_are_keywords_unknown_verbs_and_adjectives_are_not(kind: str, words: list[str]) -> None:
    language, title, text = TEXTS_WITH_UNKNOWN_WORDS[kind]
    n, m, v = words
    forms = {"n": n, "m": m, "v": v, "N": n.capitalize(), "M": m.capitalize()}
    found_keywords = keywords(prose(text.format(**forms), headings=(title.format(**forms),), language=language))
    assert all(any(word in keyword.split() for keyword in found_keywords) for word in (n, m))
    assert v not in found_keywords


def test_forms_are_merged_and_parts_of_longer_terms_are_dropped() -> None:
    text = "The twin peaks of the castle. A castle in the twin peaks."
    found_keywords = keywords(prose(text, headings=("Castles on the twin peaks", "The castle of twin peaks")))
    assert [*map(stem_term, found_keywords)].count(stem_term("castle")) == 1
    assert "twin peaks" in found_keywords
    assert not {"twin", "peaks"} & {*found_keywords}


def test_the_name_is_no_keyword() -> None:
    source = prose("The tide tables of the harbour and the tide tables.", headings=(TITLE,), name="Tide-Tables")
    assert not {"tide tables", "tide", "tables"} & {*keywords(source)}


def test_numbers_and_placeholders_are_no_keywords() -> None:
    latin = "The lorem ipsum dolor sit amet, a consectetur of the lorem."
    source = prose("The 20 zorks of the tide, the 30 zorks. " + TEXT, latin, headings=("5 zorks", TITLE, latin))
    assert not {"zorks", "lorem", "lorem ipsum", "consectetur"} & {*keywords(source)}


#: Two headings of each language, each with a keyword.
HEADINGS_OF_LANGUAGES = {
    "ja": ("訪問看護ステーション", "リハビリテーションの支援", "訪問看護ステーション", "リハビリテーション"),
    "ko": ("날씨 코디 앱", "옷차림을 예보로 고르세요", "날씨", "옷차림"),
    "zh-Hans": ("摄影工作室", "婚礼摄影", "摄影工作室", "婚礼摄影"),
    "zh-Hant": ("中醫診所", "針灸推拿與體質調理", "中醫診所", "針灸推拿"),
    "pl": ("Wulkanizacja i opony", "Serwis olejowy dla aut", "wulkanizacja", "serwis olejowy"),
    "ru": ("Ремонт станков", "Модернизация оборудования", "ремонт станков", "модернизация оборудования"),
    "tr": ("İKLİMLENDİRME SERVİSİ", "Kombi bakımı için arayın", "iklimlendirme servisi", "kombi bakımı"),
    "ar": ("إصلاح السيارات", "تأجير الدراجات", "إصلاح السيارات", "تأجير الدراجات"),
    "sv": ("Trädgårdsskötsel i Malmö", "Snöröjning", "trädgårdsskötsel", "snöröjning"),
    "tlh": ("tide zork", "mopa kilu", "tide zork", "mopa kilu"),
}


@pytest.mark.parametrize("language", HEADINGS_OF_LANGUAGES)
def test_any_language_and_script_has_keywords(language: str) -> None:
    *headings, first, second = HEADINGS_OF_LANGUAGES[language]
    texts = [f"{heading}." for heading in headings]
    found_keywords = keywords(prose(*texts, headings=headings, about=(" | ".join(headings),), language=language))
    assert any(first in word for word in found_keywords)
    assert any(second in word for word in found_keywords)


WORDS = some.sampled_from(
    """the of and for is our you get tide tables harbour Custom Cakes bakery fresh bread cuisine du jardin d'été
    Gartenpflege und Winterdienst naprawa maszyn rolniczych beyaz eşya servisi ремонт станков 訪問看護ステーション
    京都の 날씨를 코디 摄影工作室 إصلاح السيارات İstanbul'da A-b C/D (x) & 24/7 , . ! — “q” l'équipe team's""".split()
)
TEXTS = some.lists(WORDS, min_size=1, max_size=12).map(" ".join)


@given(
    some.lists(
        some.tuples(TEXTS, some.sampled_from(["hero", "heading", "prose", "feature", "testimonial"])), max_size=12
    ),
    some.sampled_from(["en", "de", "fr", "pl", "tr", "ru", "ja", "ko", "zh", "ar", "sv", "tlh"]),
    TEXTS,
)
@settings(deadline=None, max_examples=150)
def test_keywords_stand_in_the_source_and_never_overlap(
    texts: list[tuple[str, PassageRole]], language: str, title: str
) -> None:
    passages = [Passage(text=text, kind="heading" if role == "heading" else "text", role=role) for text, role in texts]
    source = SourceProse(url=URL, language=language, about=[title], passages=passages)
    own_texts = [title, *(text for text, role in texts if role != "testimonial")]
    found_keywords = [lower_text(word, language) for word in written_keywords(source)]
    for keyword in found_keywords:
        assert any(keyword in lower_text(text, language) for text in own_texts)
        assert not any(keyword in other for other in found_keywords if other != keyword)
        assert len(keyword.split()) <= 5


@pytest.mark.parametrize("review", [{"speaker": "customer"}, {"role": "testimonial"}, {"role": "legal"}])
def test_reviews_and_legal_texts_give_no_keywords(review: dict[str, Any]) -> None:
    praise = "Whale watching and dolphins. Whale watching with dolphins."
    foreign = [Passage(text=praise, kind=kind, **review) for kind in ("heading", "text")]
    source = prose(TEXT, headings=(TITLE,), about=("Whale watching and dolphins of the tide",))
    with_reviews = SourceProse(url=URL, language="en", passages=[*source.passages, *foreign])
    assert not {"whale watching", "dolphins"} & {*keywords(with_reviews)}


@pytest.mark.parametrize(
    ("language", "headings", "text"),
    [
        ("en", ("Mike Hardson", "Sarah Zywiec"), "Mike Hardson and Sarah Zywiec lead us. Mike Hardson. Sarah Zywiec."),
        ("en", ("Our Experts", "Kevin Hardson", "Fresh Bread"), "Our team is led by Kevin Hardson."),
        ("nl", ("Roel Freriks", "Meer over het werk", "Een pilot voor teams"), "Roel Freriks. Het werk van teams."),
    ],
)
def test_names_of_people_are_no_keywords(language: str, headings: tuple[str, ...], text: str) -> None:
    found_keywords = keywords(prose(text, headings=headings, language=language))
    assert not any(name in word for word in found_keywords for name in ("hardson", "zywiec", "freriks"))


#: Nouns with the ending of a verb or of an oblique case.
NOUNS_THAT_LOOK_LIKE_VERBS = {
    "es": "préstamos hornos",
    "fr": "rénovations formations",
    "it": "artigiano concerti",
    "nl": "verzekeringen behandelingen",
    "pl": "systemy opony",
    "pt": "empréstimos",
    "ru": "автомобили паркет",
    "tr": "sigorta perde",
}


@pytest.mark.parametrize("language", NOUNS_THAT_LOOK_LIKE_VERBS)
def test_a_noun_with_the_ending_of_a_verb_is_a_keyword(language: str) -> None:
    nouns = NOUNS_THAT_LOOK_LIKE_VERBS[language].split()
    headings = [*nouns, "Zorkobal", "Tavikumo"]
    found_keywords = keywords(
        prose(" · ".join(headings), about=(" | ".join(headings),), headings=headings, language=language)
    )
    assert {*nouns} <= {*found_keywords}


def test_a_piece_of_a_name_is_no_keyword() -> None:
    headings = ("Conciergerie dans le Val d'Oise", "Le Val d'Oise et ses voyageurs", "Conciergerie pour voyageurs")
    found_keywords = keywords(prose("Le Val d'Oise.", headings=headings, language="fr"))
    assert "conciergerie" in found_keywords
    assert "val" not in found_keywords


def test_lists_of_the_hero_are_keywords() -> None:
    hero = Passage(text="We offer garden design, tree surgery and stone walls.", role="hero")
    source = SourceProse(url=URL, language="en", passages=[hero])
    assert {"garden design", "tree surgery", "stone walls"} <= {*keywords(source)}


#: Services and reasons of a brand in several languages, each below a heading that says so.
SECTIONS_OF_LANGUAGES = {
    "en": ("Our services", ("Zork repair", "Mopa cleaning"), "Why choose us", ("Honest prices", "Local crew")),
    "de": ("Unsere Leistungen", ("Zorkpflege", "Mopasanierung"), "Warum wir", ("Faire Kosten", "Kurze Wege")),
    "fr": ("Nos prestations", ("Pose de zorks", "Réparation de mopas"), "Notre équipe", ("Grande écoute", "Zorkiste")),
    "pl": ("Nasze usługi", ("Naprawa zorków", "Wymiana mopa"), "Jak pracujemy", ("Pierwsza wizyta", "Odbiór auta")),
    "ja": ("サービス", ("訪問修理", "部品交換"), "選ばれる理由", ("明朗会計", "親切丁寧")),
}


@pytest.mark.parametrize("language", SECTIONS_OF_LANGUAGES)
def test_items_below_services_are_keywords_and_those_below_reasons_are_not(language: str) -> None:
    services, items, reasons, others = SECTIONS_OF_LANGUAGES[language]
    passages: list[Passage] = []
    for heading, texts in ((services, items), (reasons, others)):
        passages.append(Passage(text=heading, kind="heading", role="heading"))
        passages += [Passage(text=text, kind="heading", role="feature") for text in texts]
    source = SourceProse(url=URL, language=language, passages=[*passages, Passage(text="Zork.")])
    found_keywords = keywords(source)
    assert {item.lower() for item in items} <= {*found_keywords}
    assert not {other.lower() for other in others} & {*found_keywords}


def test_the_word_of_the_trade_and_its_services_are_keywords() -> None:
    headings = ("Roofing contractor in Zorkford", "Flat roofs")
    text = "Your roofer in town. Each roofer has ten years of work behind him. Ask our roofer."
    assert "roofer in zorkford" in keywords(prose(text, headings=headings, about=("Your roofer in Zorkford",)))


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        (
            "en",
            "We offer zork repair, mopa cleaning, tavi polish, kilu care for shops, schools and towns.",
            {"tavi polish"},
        ),
        (
            "fr",
            "Pose de zorks, entretien de mopas et taille de tavis à Zorkville, Mopaville et Tavile",
            {"pose de zorks"},
        ),
    ],
)
def test_lists_end_before_customers_and_places(language: str, text: str, expected: set[str]) -> None:
    found_keywords = keywords(prose("Zork.", about=("Kimo", text), language=language, name="Kimo"))
    assert expected <= {*found_keywords}
    assert not {"schools", "towns", "mopaville", "tavile"} & {*found_keywords}


def test_the_end_of_the_name_is_a_keyword_if_the_source_says_it_elsewhere() -> None:
    texts = ("Our zork repair takes a day.", "Ask for zork repair in town.")
    source = prose(*texts, about=("Kimo Zork Repair", "Fresh tavi polish"), name="Kimo Zork Repair")
    assert "zork repair" in keywords(source)


def test_keywords_have_the_capitals_of_acronyms_and_german_nouns() -> None:
    german = prose("Zork.", about=("Kimo | Zorkpflege, Mopasanierung",), language="de", name="Kimo")
    assert {"Zorkpflege", "Mopasanierung"} <= {*written_keywords(german)}
    english = prose("Zork.", about=("Kimo | VPN hosting, Mopa Repair",), name="Kimo")
    assert {"VPN hosting", "mopa repair"} <= {*written_keywords(english)}


def test_an_undeclared_language_is_detected() -> None:
    text = "Die Gezeiten und die Strömungen für alle Häfen, und zwar auch dann, wenn du kein Netz hast."
    source = prose(text, headings=("Mit Gezeiten und Strömungen",), language="")
    assert {*keywords(source)} == {"gezeiten", "strömungen"}


def test_each_quote_is_in_the_source_and_has_its_keyword() -> None:
    source = prose(TEXT, headings=(TITLE,), about=("An atlas of tides, with an atlas of the harbour",))
    candidate = derived(source)["keywords"]
    texts = [*source.about, *(passage.text for passage in source.passages)]
    assert candidate.evidence
    assert all(any(quote in text for text in texts) for quote in candidate.evidence)
    assert all(any(word in quote.lower() for quote in candidate.evidence) for word in candidate.value)


def test_readme_headings_give_no_keywords() -> None:
    section = Passage(text=TITLE, kind="heading", documentation=True)
    assert keywords(SourceProse(url=URL, language="en", passages=[section, Passage(text=TEXT)])) == []


def test_a_story_gives_no_keywords_of_the_brand() -> None:
    source = prose(TEXT, headings=(TITLE,))
    text = "The whales and the dolphins of the sea. A sea with whales and dolphins."
    title = Passage(text="Whales and dolphins of the sea", kind="heading", story=True)
    story = [Passage(text=text, story=True), title]
    assert keywords(SourceProse(url=URL, language="en", passages=[*story, *source.passages])) == keywords(source)
    assert keywords(SourceProse(url=URL, language="en", passages=story)) == []


def test_a_name_with_a_join_and_a_heros_private_lists_are_no_topics() -> None:
    about = ("Kimo & Zork | Tile repair, grout cleaning",)
    hobbies = Passage(text="I like sailing, pottery, chess and baking.", role="hero")
    private = [Passage(text="About me", kind="heading", role="hero"), hobbies]
    source = SourceProse(url=URL, name="Kimo & Zork", language="en", about=[*about], passages=private)
    assert {*keywords(source)} == {"tile repair", "grout cleaning"}


@pytest.mark.parametrize(("language", "menu"), [("en", "Careers"), ("es", "Junta directiva"), ("ja", "事務所案内")])
def test_names_of_pages_are_no_keywords(language: str, menu: str) -> None:
    labels = [Passage(text=menu, kind="label", role="navigation"), Passage(text=menu, kind="heading", role="feature")]
    assert keywords(SourceProse(url=URL, language=language, passages=labels)) == []


def test_a_keyword_has_the_town_that_the_source_says_after_it() -> None:
    about = ("Kimo | Tile repair, grout cleaning", "Grout cleaning in Zorkville and tile repair.")
    town = Passage(text="5 Mopa Street, Zorkville, NSW 2000", role="contact")
    text = Passage(text="We do grout cleaning in Zorkville and tile repair.")
    source = SourceProse(url=URL, name="Kimo", language="en", about=[*about], passages=[text, town])
    assert {"grout cleaning in Zorkville", "tile repair"} <= {*written_keywords(source)}
