"""Derived keywords: nouns and phrases of a heading, a title or a description that recur in the text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.workers.ingest.derive.prose import URL, derived, prose
from workers.ingest.derive.distinct import stem_term
from workers.ingest.shapes import Passage, SourceProse

TITLE = "Tide tables and currents for every harbour"
TEXT = "Tide tables work offline. Sailors see the currents around the harbour, a tide alarm and moon phases."


def keywords(source: SourceProse) -> list[str]:
    candidate = derived(source).get("keywords")
    return list(candidate.value) if candidate else []


@pytest.mark.parametrize("place", ["headings", "about"])
def test_a_keyword_recurs_and_is_in_a_heading_or_the_title(place: str) -> None:
    source = prose(TEXT, headings=(TITLE,)) if place == "headings" else prose(TEXT, about=(TITLE,))
    found_keywords = keywords(source)
    assert {"tide tables", "currents", "harbour"} <= {*found_keywords}
    assert not {"moon phases", "alarm", "sailors", "offline"} & {*found_keywords}


def test_terms_only_in_texts_or_once_in_a_title_are_no_keywords() -> None:
    assert keywords(prose(TITLE, TEXT)) == []
    assert keywords(prose("Boats are here.", about=(TITLE,))) == []
    assert keywords(prose(f"{TITLE}. Boats are here.", headings=(TITLE,), about=(TITLE,))) == []


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
    assert {n, m} <= {*found_keywords}
    assert v not in found_keywords


def test_forms_are_merged_and_parts_of_longer_terms_are_dropped() -> None:
    text = "The twin peaks of the note. A note in the twin peaks."
    found_keywords = keywords(prose(text, headings=("Notes on the twin peaks", "The note of twin peaks")))
    assert [*map(stem_term, found_keywords)].count(stem_term("note")) == 1
    assert "twin peaks" in found_keywords
    assert not {"twin", "peaks"} & {*found_keywords}


def test_the_name_is_no_keyword() -> None:
    source = prose("The tide tables of the harbour and the tide tables.", headings=(TITLE,), name="Tide-Tables")
    assert not {"tide tables", "tide", "tables"} & {*keywords(source)}


def test_numbers_and_placeholders_are_no_keywords() -> None:
    latin = "The lorem ipsum dolor sit amet, a consectetur of the lorem."
    source = prose("The 20 zorks of the tide, the 30 zorks. " + TEXT, latin, headings=("5 zorks", TITLE, latin))
    assert not {"zorks", "lorem", "lorem ipsum", "consectetur"} & {*keywords(source)}


@pytest.mark.parametrize(
    ("language", "title", "text"),
    [
        ("zh-Hans", "潮汐表和海流 港口", "潮汐表和海流 港口 离线 使用 港口"),
        ("ru", "Приливы и течения для гавани", "Приливы и течения гавани. Это приливы."),
        ("tlh", "The tide and the harbour", "The tide of the harbour, a tide in the harbour."),
    ],
)
def test_a_language_without_a_grammar_has_no_keywords(language: str, title: str, text: str) -> None:
    assert keywords(prose(text, headings=(title,), language=language)) == []


def test_an_undeclared_language_is_detected() -> None:
    text = "Die Gezeiten und die Strömungen für alle Häfen, und zwar auch dann, wenn du kein Netz hast."
    source = prose(text, headings=("Mit Gezeiten und Strömungen",), language="")
    assert keywords(source) == ["gezeiten", "strömungen"]


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
