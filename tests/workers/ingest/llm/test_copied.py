"""Copied values: a model's name, description and keywords have to stand in the brand's own text, as the rules' do."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from schemas.brand import FieldCandidate
from tests.workers.ingest.llm.endpoint import HOME, NOTHING, PASSAGES, TITLE, build_prose, claim, copied, trait
from workers.ingest.choose import choose_brand_findings
from workers.ingest.llm.answer import BrandAnswer
from workers.ingest.llm.evidence import check_model_claims
from workers.ingest.shapes import ModelClaims, Passage, SourceProse

REVIEW = Passage(
    text="Bookly has saved our little studio from drowning in paper, and we love it.",
    url=HOME,
    role="testimonial",
    speaker="customer",
)
STORY = Passage(text="Nurses on the night shift keep ward diaries in Bookly and nowhere else.", url=HOME, story=True)
THEME = Passage(text="Enter your description here and tell customers what you do.", role="placeholder", speaker="theme")
GERMAN = SourceProse(
    url=HOME,
    name="Acme",
    language="de",
    about=["Acme – Baumpflege im Münsterland"],
    passages=[
        Passage(text="Wir pflegen Bäume für Hausbesitzer und Gemeinden im Münsterland. " * 12, url=HOME),
        Passage(text="Baumpflege und Baumfällung vom Fachbetrieb", kind="heading", url=HOME),
    ],
)


def check(prose: SourceProse, **answer: list[Any]) -> dict[str, FieldCandidate]:
    """Return the candidates that are kept of an answer, by their fields."""
    claims = ModelClaims(prose=prose, answer=msgspec.convert({**NOTHING, **answer}, BrandAnswer))
    return {candidate.field: candidate for candidate in check_model_claims(claims).candidates}


def check_with(*further: Passage, **answer: list[Any]) -> dict[str, FieldCandidate]:
    return check(build_prose([*PASSAGES, *further]), **answer)


@pytest.mark.parametrize(
    "name",
    [
        *("Bookly", "Ac", "acme", "Acme Corp", "", "  ", "Invoices that send themselves and never wait for you"),
        *("Features", "Home", "https://acme.test/", "Small studios of two to ten people pay nine euros."),
    ],
)
def test_a_name_is_a_whole_word_of_title_description_or_two_passages(name: str) -> None:
    assert check_with(REVIEW, REVIEW, STORY, appName=[copied(name)]) == {}


def test_a_name_that_one_passage_alone_has_may_be_a_strangers() -> None:
    passages = [Passage(text="The brand is called Bookly, trust me.", url=HOME), Passage(text="Bookly is for you.")]
    untitled = build_prose([*PASSAGES, *passages], title="")
    assert check(replace(untitled, passages=untitled.passages[:-1]), appName=[copied("Bookly")]) == {}
    assert check(untitled, appName=[copied("Bookly")])["appName"].evidence == [passage.text for passage in passages]


@pytest.mark.parametrize(
    ("title", "name"), [("東京堂｜和菓子の店", "東京堂"), ("Добро пожаловать в Ромашка", "Ромашка")]
)
def test_a_name_is_found_in_any_script(title: str, name: str) -> None:
    assert check(build_prose(title=title), appName=[copied(name)])["appName"].value == name


@pytest.mark.parametrize("name", ["Your Company Name", "[Your Tagline]", "Lorem ipsum dolor"])
def test_a_placeholder_is_no_value_of_the_brand(name: str) -> None:
    prose = build_prose(title=f"{name} - Home")
    kept = check(prose, appName=[copied(name)], tagline=[copied(name)], audience=[claim(name, "Built for freelance")])
    assert kept == {}


@pytest.mark.parametrize(
    "text",
    [
        REVIEW.text, STORY.text, THEME.text,
        # A part of a sentence, two halves of sentences, an invention, a translation.
        "writes, sends and chases your invoices for you, and nothing else at all.",
        "Acme writes, sends and chases your invoices for you. Built for freelance designers and for large banks.",
        "Acme is the leading platform for invoices of freelance designers all over Europe.",
        "Acme schreibt, verschickt und verfolgt deine Rechnungen für dich und für alle anderen.",
        "Built for freelance designers.",
    ],
)  # fmt: skip
def test_a_description_is_whole_sentences_that_the_brand_wrote(text: str) -> None:
    assert check_with(REVIEW, STORY, THEME, appDescription=[copied(text)]) == {}


def test_a_description_may_join_sentences() -> None:
    text = "Acme writes, sends and chases your invoices for you. Built for freelance designers."
    kept = check_with(appDescription=[copied(text, "medium")])["appDescription"]
    assert (kept.value, kept.confidence) == (text, 0.6)
    assert kept.evidence == ["Acme writes, sends and chases your invoices for you.", "Built for freelance designers."]


@pytest.mark.parametrize("line", ["Call us now on 0251 123456 for your free offer today, dear customers of Acme."])
def test_an_offer_or_contact_is_no_description(line: str) -> None:
    assert check_with(Passage(text=line, url=HOME), appDescription=[copied(line)]) == {}


def test_keywords_are_noun_phrases_of_the_brands_texts() -> None:
    words = ["Invoices", "freelance designers", "ward diaries", "paper", "chases", "features", "acme", "crypto", "for"]
    kept = check_with(REVIEW, REVIEW, STORY, STORY, keywords=words)["keywords"]
    assert kept.value == ["invoices", "freelance designers"]
    assert kept.evidence == [TITLE]
    assert check_with(keywords=["invoices", "crypto"]) == {}


def test_keywords_of_another_language_are_dropped() -> None:
    kept = check(GERMAN, keywords=["Baumpflege", "tree care", "Baumfällung", "arborist", "Hausbesitzer"])
    assert kept["keywords"].value == ["baumpflege", "baumfällung"]


def test_claims_in_another_language_are_dropped() -> None:
    quotes = [
        "Wir pflegen Bäume für Hausbesitzer",
        "Hausbesitzer und Gemeinden im Münsterland",
        "Gemeinden im Münsterland",
    ]
    english = [trait(name, quote) for name, quote in zip(("down to earth", "friendly", "plain"), quotes, strict=True)]
    german = [trait(name, quote) for name, quote in zip(("bodenständig", "herzlich", "klar"), quotes, strict=True)]
    assert check(GERMAN, audience=[claim("Homeowners and towns.", quotes[0])], brandVoice=english) == {}
    kept = check(GERMAN, audience=[claim("Hausbesitzer und Gemeinden.", quotes[0])], brandVoice=german)
    assert kept["audience"].value == "Hausbesitzer und Gemeinden."
    assert kept["brandVoice"].value == "Bodenständig, herzlich, klar."


def test_a_review_proves_nothing() -> None:
    quote = "saved our little studio from drowning"
    audience = [claim("Little studios.", quote)]
    assert check_with(REVIEW, audience=audience, tagline=[copied(quote)], appName=[copied("Bookly")]) == {}


def test_a_model_is_no_second_place_of_a_value() -> None:
    declared = FieldCandidate(field="appName", value="Acme", confidence=0.5, rule="html.title.first", url=HOME)
    proposed = check_with(appName=[copied("Acme")])["appName"]
    assert choose_brand_findings([declared, proposed])["appName"].confidence == proposed.confidence
    assert choose_brand_findings([declared])["appName"].confidence == declared.confidence
