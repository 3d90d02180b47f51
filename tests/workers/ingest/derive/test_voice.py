"""The voice: measures of the brand's own prose, in its language, with typical sentences as quotes."""

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from msgspec.structs import replace

from generation.copy.voice_text import find_stated_voice_traits, load_voice_phrases
from tests.workers.ingest.derive.prose import URL, derived, prose, value
from workers.ingest.derive import own_prose
from workers.ingest.derive.tone import compile_tone_pattern, load_voice_rules
from workers.ingest.shapes import Passage, SourceProse

GERMAN = [
    "Wir reinigen Ihre Fenster gründlich und pünktlich.",
    "Genießen Sie wieder den Durchblick in Ihrem Zuhause.",
    "Unser Team kommt zu jeder vereinbarten Zeit.",
    "Rufen Sie uns an und nennen Sie uns Ihren Termin.",
    "Auch im Winter sind wir in der ganzen Stadt unterwegs.",
    "Die Mittel schonen Rahmen, Glas und auch die Umwelt.",
    "Am Ende prüfen wir jede Scheibe noch einmal selbst.",
    "So bleibt der Blick nach draußen lange frei.",
    "Für Büros gibt es feste Termine in jedem Monat.",
    "Eine Rechnung bekommen Sie am selben Tag per Post.",
]
ENGLISH = [
    "We bake your bread every single morning!",
    "Come and visit us before you go to work!",
    "Our oven has never been cold in your town!",
    *(f"The mill number {number} grinds the flour for all of the bakers in this valley." for number in "abcdefgh"),
]


def test_a_voice_is_in_the_language_of_its_brand_and_quotes_it() -> None:
    voice = derived(prose(*GERMAN, language="de-AT"))["brandVoice"]
    assert str(voice.value).splitlines() == [
        "Spricht die Lesenden mit „Sie“ an.",
        "Spricht von sich als „wir“.",
        "Sätze von üblicher Länge (Wörter: 9).",
        "✓ Bei „Sie“ bleiben.",
        "✓ Von der Marke als „wir“ sprechen.",
        "✗ Kein „du“.",
    ]
    assert len({*voice.evidence}) == 3
    assert {*voice.evidence} <= {*GERMAN}
    assert 0.35 < voice.confidence < 0.45


def test_the_measures_farthest_from_the_usual_lead_the_advice() -> None:
    lines = str(value("brandVoice", prose(*ENGLISH))).splitlines()
    assert "Often exclaims." in lines
    assert "✓ End a sentence with an exclamation mark now and then." in lines
    assert not any("exclamation" in line for line in lines if line.startswith("✗"))
    calm = str(value("brandVoice", prose(*(text.replace("!", ".") for text in ENGLISH))))
    assert "xclamation" not in calm


def test_an_emoji_before_a_text_is_its_icon() -> None:
    assert "Uses emoji." in str(value("brandVoice", prose(*(f"{text} 🍞" for text in ENGLISH))))
    assert "emoji" not in str(value("brandVoice", prose(*(f"🍞 {text}" for text in ENGLISH))))


def test_a_short_text_has_address_person_and_quotes_alone() -> None:
    voice = derived(prose(*GERMAN[:5], language="de"))["brandVoice"]
    assert str(voice.value).splitlines() == ["Spricht die Lesenden mit „Sie“ an.", "Spricht von sich als „wir“."]
    assert len(voice.evidence) == 3
    assert value("brandVoice", prose(*GERMAN[:4], language="de")) is None
    silent = (f"Das Mittel Nummer {one} schont Rahmen, Glas und auch die Umwelt." for one in "abcd")
    assert str(value("brandVoice", prose(*silent, language="de"))).splitlines() == [
        "Spricht die Lesenden nicht direkt an.",
        "Spricht kaum von sich selbst.",
        "Sätze von üblicher Länge (Wörter: 11).",
    ]


def test_answers_headings_and_descriptions_are_own_prose_too() -> None:
    """Each of them lifts four sentences over the words that a voice needs; a question is a customer's."""
    few = prose(*GERMAN[:4], language="de")
    assert value("brandVoice", few) is None
    last = Passage(text=GERMAN[4], url=URL)
    answer, heading = replace(last, role="faq"), replace(last, kind="heading")
    assert value("brandVoice", replace(few, passages=[*few.passages, answer]))
    assert value("brandVoice", replace(few, passages=[*few.passages, heading]))
    assert value("brandVoice", replace(few, about=[GERMAN[4]]))
    question = replace(answer, text="Kommt unser Team auch zu jeder vereinbarten Zeit?")
    title = "Fensterreinigung Glanz: das Team mit Zeit"
    assert value("brandVoice", replace(few, passages=[*few.passages, question], about=[title])) is None
    assert value("brandVoice", SourceProse(url=URL, language="de", about=GERMAN)) is None


def test_a_page_of_headlines_has_no_voice_but_one_of_many_features_has() -> None:
    features = prose(*GERMAN, headings=[f"Fenster {number}" for number in range(60)], language="de")
    headlines = prose(*GERMAN, headings=[f"Stadtrat beschließt neue Regeln {one}" for one in range(60)], language="de")
    assert value("brandVoice", features)
    assert value("brandVoice", headlines) is None


def test_a_repeated_sentence_counts_once() -> None:
    once = prose(*GERMAN, language="de")
    repeated = prose(*GERMAN, *(f"{text} {GERMAN[0]}" for text in GERMAN), language="de")
    assert value("brandVoice", once) == value("brandVoice", repeated)
    assert value("brandVoice", prose(*GERMAN[:2] * 20, language="de")) is None


@pytest.mark.parametrize(
    "passages",
    [
        prose(*GERMAN, documentation=True).passages,
        prose(*GERMAN, story=True).passages,
        prose(*(f"„{text}“" for text in GERMAN)).passages,
        prose(*GERMAN, speaker="customer").passages,
        prose(*GERMAN, speaker="theme").passages,
        prose(labels=GERMAN).passages,
        prose(*(f"Cookies erlauben: {text}" for text in GERMAN)).passages,
        [Passage(text=text, url=URL, role="form") for text in GERMAN],
    ],
    ids=["readme", "story", "quotes", "reviews", "theme", "labels", "notices", "form"],
)
def test_texts_of_others_have_no_voice(passages: list[Passage]) -> None:
    assert "brandVoice" not in derived(SourceProse(url=URL, language="de", passages=passages))


def test_a_language_without_phrases_has_no_voice() -> None:
    assert value("brandVoice", prose(*GERMAN, language="eo")) is None


@pytest.mark.parametrize("language", load_voice_phrases())
def test_each_language_has_all_rules_and_distinct_phrases(language: str) -> None:
    """A phrase states one trait, so that the writer of copy finds the traits of a text again."""
    rules, phrases = load_voice_rules()[language], load_voice_phrases()[language]
    forms = (rules.address, rules.person, rules.politeness)
    for pattern in (rules.imperative, rules.superlative, *(one for form in forms for one in form.values())):
        assert compile_tone_pattern(pattern).search("") is None
    polite = {"politeness", "do_politeness"} if rules.politeness else set()
    assert phrases.keys() == load_voice_phrases()["en"].keys() | polite
    for trait, phrase in phrases.items():
        said = phrase.format(word="wort", number=12, usual=9)
        assert [one.trait for one in find_stated_voice_traits(said)] == [trait]
        slots = Counter(re.findall(r"\{(\w+)\}", phrase))
        assert slots == Counter(re.findall(r"\{(\w+)\}", load_voice_phrases()["en"].get(trait, "{word}")))


@given(some.lists(some.sampled_from([*ENGLISH, *GERMAN, "Accept all cookies!", "Go!"]), max_size=30), some.booleans())
@settings(deadline=None)
def test_any_voice_has_distinct_quotes_and_lines_that_state_traits(texts: list[str], documentation: bool) -> None:
    source = prose(*texts, documentation=documentation)
    voice = derived(source).get("brandVoice")
    if voice is None:
        return
    assert not documentation
    assert len({*voice.evidence}) == 3
    assert {*voice.evidence} <= {*own_prose.list_brand_written_sentences(source.passages)}
    lines = str(voice.value).splitlines()
    assert len(find_stated_voice_traits(str(voice.value))) == len(lines)
    assert [line[:1] for line in lines if line[:1] in "✓✗"] in (["✓", "✓", "✗"], ["✓", "✗"], [])
