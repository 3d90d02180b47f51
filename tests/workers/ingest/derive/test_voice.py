"""The voice: three habits of the brand's own prose, each with a sentence of its own; else no voice."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.workers.ingest.derive.prose import URL, derived, prose, value
from workers.ingest.derive import own_prose
from workers.ingest.shapes import Passage, SourceProse

PAD = "The harbour has a table of tides and a map of all currents around it."
#: Casual and lively sentences, and enough words around them.
LIVELY = (
    "You'll love how it finds your tide, and it's always yours.",
    "Don't wait for your harbour, because we've got you covered!",
    "Hey, that's the map you've asked your pilot for! 🎉",
    "It's perfect for your first night at sea, isn't it?",
    "You won't miss your tide again, and that's a promise!",
    "Your gorgeous harbours, your friends and hey, your boat! 🎉",
    "Folks who don't sail say it's the stuff of dreams! 🎉",
    "You'll see what you've missed, and you'll love it.",
)
CASUAL = [*LIVELY, *[PAD.replace("harbour", f"harbour {number}") for number in range(7)]]


def test_a_voice_names_its_habits_and_quotes_them() -> None:
    voice = derived(prose(*CASUAL))["brandVoice"]
    assert voice.value == (
        "Casual and enthusiastic: contractions, words such as “hey” and “folks”, emoji, words such as “love” "
        "and “perfect” and exclamation marks; speaks to the reader as “you”."
    )
    assert len(set(voice.evidence)) == 5
    assert {*voice.evidence} <= {*CASUAL}
    assert 0.5 <= voice.confidence <= 0.6


@pytest.mark.parametrize(
    "passages",
    [
        prose(*CASUAL, documentation=True).passages,
        prose(*CASUAL, story=True).passages,
        prose(*(f"“{text}”" for text in CASUAL)).passages,
        prose(*CASUAL, speaker="customer").passages,
        prose(*CASUAL, headings=[f"Headline {n}" for n in range(41)]).passages,
        prose(labels=CASUAL).passages,
        prose(*(f"Accept all cookies, {text}" for text in CASUAL)).passages,
    ],
    ids=["readme", "story", "quotes", "reviews", "headlines", "labels", "notices"],
)
def test_texts_of_others_have_no_voice(passages: list[Passage]) -> None:
    assert "brandVoice" not in derived(SourceProse(url=URL, language="en", passages=passages))


def test_prose_after_a_reviews_section_counts() -> None:
    reviews = prose("A review.", headings=["Reviews"]).passages
    passages = [*reviews, *prose(*CASUAL, headings=["Pricing"]).passages]
    assert "brandVoice" in derived(SourceProse(url=URL, language="en", passages=passages))


def test_a_voice_needs_150_words() -> None:
    bare = re.sub(r"[^\w\s'-]", "", " ".join(LIVELY)).split()
    for missing_words, has_voice in ((1, False), (0, True)):
        filler = " ".join(["sea"] * (150 - len(bare) - missing_words))
        assert (value("brandVoice", prose(*LIVELY, filler)) is not None) == has_voice


def test_list_items_are_no_short_sentences() -> None:
    questions = [f"You see your tide {number}, don't you?" for number in range(15)]
    items = [f"Sees your tide at sea {number}" for number in range(60)]
    ended_items = [f"{item}." for item in items]
    assert "short plain sentences" in str(value("brandVoice", prose(*questions, *ended_items)))
    items_and_questions = [text.replace("?", "") for text in questions] + items
    assert "short plain sentences" not in str(value("brandVoice", prose(*questions[:2], *items_and_questions)))


def test_a_voice_needs_three_habits_each_with_its_own_sentence() -> None:
    two = (f"Your tide table {n} is where you look for your harbour and you see it!" for n in range(20))
    assert value("brandVoice", prose(*two)) is None
    assert value("brandVoice", prose(*["You'll love it and you don't wait!"] * 4, *[PAD] * 10)) is None


def test_the_brands_name_is_no_sign() -> None:
    texts = [text for text in CASUAL if "folks" not in text.lower()]
    voice = derived(prose(*texts, name="Perfect Love"))["brandVoice"]
    assert "words such as “love”" not in str(voice.value)


@pytest.mark.parametrize(
    ("language", "text", "word"),
    [
        ("de", "Mit der Karte finden Sie alle Häfen, und Ihre Touren bleiben bei Ihnen", "Sie"),
        ("fr", "Avec la carte vous trouvez vos ports, et vos trajets restent chez vous", "vous"),
        ("es", "Con el mapa usted encuentra sus puertos, y sus rutas son de usted", "usted"),
    ],
)
def test_a_distant_address_alone_is_not_formal(language: str, text: str, word: str) -> None:
    marks = ("!", "?", ".", ".")
    texts = [f"{text}, {number}{marks[number % 4]}" for number in range(20)]
    voice = str(value("brandVoice", prose(*texts, language=language)))
    assert f"speaks to the reader as “{word}”" in voice
    assert "ormal" not in voice


def test_a_distant_address_in_long_technical_sentences_is_formal() -> None:
    text = (
        "Mandantenbezogene Unterlagen verarbeiten wir ausschließlich innerhalb Ihrer datenschutzrechtlichen "
        "Zuständigkeit, und Ihre Ansprechpartner erläutern Ihnen sämtliche organisatorischen Voraussetzungen "
        "der elektronischen Rechnungsverarbeitung einschließlich Ihrer revisionssicheren Archivierung"
    )
    texts = [f"{number} {text}{'?' if number % 4 == 0 else '.'}" for number in range(12)]
    assert str(value("brandVoice", prose(*texts, language="de"))).startswith("Formal: questions; speaks")


@given(some.lists(some.sampled_from([*CASUAL, "Accept all cookies!", "Go!"]), max_size=30), some.booleans())
@settings(deadline=None)
def test_any_voice_has_three_quotes_and_enough_words(texts: list[str], documentation: bool) -> None:
    voice = derived(prose(*texts, documentation=documentation)).get("brandVoice")
    sentences = own_prose.list_brand_written_sentences(prose(*texts).passages)
    assert voice is None or len(set(voice.evidence)) >= 3
    assert voice is None or sum(len(sentence.split()) for sentence in sentences) >= 140
    assert voice is None or not documentation
