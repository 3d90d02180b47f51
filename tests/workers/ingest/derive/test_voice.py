"""The voice: lines of advice that follow from the brand's own texts, in its language, without numbers of our own."""

from string import Formatter

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from msgspec.structs import replace

from generation.copy.chinese import SIMPLIFIED_CHARACTERS, TRADITIONAL_CHARACTERS, write_in_traditional_characters
from generation.copy.voice_text import VoicePhrases, find_stated_voice_traits, load_voice_phrases
from tests.workers.ingest.derive.prose import URL, derived, prose, value
from workers.ingest.derive import voice
from workers.ingest.derive.frequencies import load_simplified_characters, simplify_chinese_characters
from workers.ingest.derive.tables import load_selling_point_table
from workers.ingest.derive.tone import compile_tone_pattern, load_voice_rules
from workers.ingest.shapes import Passage, SourceProse

GERMAN = [
    "Wir reinigen Ihre Fenster gründlich und pünktlich.",
    "Genießen Sie wieder den Durchblick in Ihrem Zuhause.",
    "Unser Team kommt zu jeder vereinbarten Zeit.",
    "Wir kennen jedes Dach und jede Gasse der Altstadt.",
    "Auch im Winter sind wir in der ganzen Stadt unterwegs.",
    "Die Mittel schonen Rahmen, Glas und auch die Umwelt.",
    "Am Ende prüfen wir jede Scheibe noch einmal selbst.",
    "So bleibt der Blick nach draußen lange frei.",
    "Für Büros gibt es feste Termine in jedem Monat.",
    "Eine Rechnung bekommen Sie am selben Tag per Post.",
    *(f"Das Haus in der Gasse {letter} hat sehr alte Fenster." for letter in "ABCDEFGHIJ"),
]
ENGLISH = [
    "We bake your bread every single morning!",
    "Come and visit us before you go to work!",
    "Our oven has never been cold in your town!",
    *(f"The mill {letter} grinds the flour for all of the bakers in this valley." for letter in "abcdefgh"),
]
#: Characters of our phrases with a second, rarer traditional form.
UNCHANGED_CHARACTERS = frozenset("家扎注制面合群即周系真私致干向表")


def lines(source: SourceProse) -> list[str]:
    return str(value("brandVoice", source) or "").splitlines()


def label(text: str) -> Passage:
    return Passage(text=text, kind="label", role="hero", url=URL)


def test_a_voice_advises_in_the_language_of_its_brand_and_quotes_it() -> None:
    source = prose(*GERMAN, headings=["Familienbetrieb", "Unser Familienunternehmen"], language="de-AT")
    source = replace(source, passages=[*source.passages, label("→ Jetzt Termin buchen"), label("Mehr erfahren")])
    found = derived(source)["brandVoice"]
    assert str(found.value).splitlines()[1:] == [
        "Spricht die Leser mit „Sie“ an und sagt „wir“.",
        "Typischer Satz: „Wir reinigen Ihre Fenster gründlich und pünktlich.“",
        *(line for line in lines(source) if line.startswith("Betont")),
        "Fordert auf mit „Jetzt Termin buchen“.",
        "Vermeiden: „du“, Ausrufezeichen und Superlative.",
    ]
    assert "familiär" in lines(source)[0].casefold()
    assert found.evidence[0] == GERMAN[0]
    assert {*found.evidence} <= {passage.text.removeprefix("→ ") for passage in source.passages}


def test_the_measure_farthest_from_the_usual_is_a_tone_and_an_advice() -> None:
    eager = lines(prose(*ENGLISH))
    assert "nthusiastic" in eager[0]
    assert eager[-1] == "End a sentence with an exclamation mark now and then."
    assert not any(line.startswith("Avoid") and "exclamation" in line for line in eager)
    calm = lines(prose(*(text.replace("!", ".") for text in ENGLISH)))
    assert "xclamation" not in "".join(calm)
    assert "nthusiastic" not in calm[0]


def test_a_short_text_has_facts_and_no_measures() -> None:
    few = lines(prose(*GERMAN[:3], language="de"))
    assert [line.split(":")[0] for line in few] == ["Spricht die Leser mit „Sie“ an und sagt „wir“.", "Typischer Satz"]
    assert lines(prose("Die Mittel schonen Rahmen, Glas und auch die Umwelt.", language="de")) == []


def test_calls_alone_give_no_voice() -> None:
    calls = [label("Rufen Sie uns an"), label("Jetzt Termin buchen")]
    assert lines(SourceProse(url=URL, language="de", passages=calls)) == []


def test_a_brand_that_once_addresses_readers_is_not_said_to_avoid_it() -> None:
    silent = [f"Das Mittel Nummer {one} schont Rahmen, Glas und auch die Umwelt." for one in "abcdefghijklmnop" * 4]
    silent = [f"{text[:-1]} in Zimmer {number}." for number, text in enumerate(silent)]
    reserved = "Schreibt in der dritten Person und spricht die Leser nicht direkt an."
    assert reserved in lines(prose(*silent, language="de"))
    assert reserved not in lines(prose(*silent, GERMAN[9], language="de"))


@pytest.mark.parametrize(
    "text",
    [
        "Haben wir Ihre Fenster schon einmal gereinigt, liebe Leute?",
        "Wir reinigen Ihre Fenster für 20 € in der Stunde.",
        "Rufen Sie uns an und nennen Sie uns Ihren Termin.",
        "Unser Team aus Menschen mit Freude an Glas.",
        "Damit sind wir in der Stadt immer pünktlich.",
        "Wenn Sie uns brauchen, sind wir immer gern da.",
        "Weitere Fotos unserer Arbeit finden Sie hier unten.",
        "Unser Shop öffnet sich für Sie in einem neuen Fenster.",
        "Ich bin Anna Klar, Reinigerin für Fenster bei uns in Köln.",
        "Wir reinigen Fenster, Rahmen, Türen, Treppen, Böden und Dächer.",
    ],
)
def test_a_typical_sentence_is_whole_and_about_the_brand(text: str) -> None:
    typical = [line for line in lines(prose(text, *GERMAN[1:], language="de")) if line.startswith("Typisch")]
    assert typical
    assert text not in typical[0]


def test_traditional_chinese_has_its_own_characters() -> None:
    text = "我們為您提供專業的清潔服務，讓每個家庭都能享受舒適的環境。"
    source = prose(*(f"{text[:-1]}，第{one}種。" for one in "甲乙丙丁"), language="zh")
    assert "以「您」稱呼讀者，以「我們」自稱。" in lines(source)
    text = "我们为您提供专业的清洁服务，让每个家庭都能享受舒适的环境。"
    simplified = prose(*(f"{text[:-1]}，第{one}种。" for one in "甲乙丙丁"), language="zh")
    assert "以“您”称呼读者，以“我们”自称。" in lines(simplified)


def test_all_chinese_phrases_are_in_the_table_of_characters() -> None:
    """Each character with another traditional form is in the table, or is written so in either script."""
    assert len(SIMPLIFIED_CHARACTERS) == len(TRADITIONAL_CHARACTERS)
    assert {*SIMPLIFIED_CHARACTERS}.isdisjoint(TRADITIONAL_CHARACTERS)
    points = load_selling_point_table().points.values()
    texts = [msgspec.json.encode(load_voice_phrases()["zh"]).decode()]
    texts += [one["zh"] for point in points for one in (point.name, point.tone)]
    simplified = {*load_simplified_characters().values()} - UNCHANGED_CHARACTERS
    for text in texts:
        written = write_in_traditional_characters(text)
        assert {*written} & {*text} & simplified == set()
        assert simplify_chinese_characters(written.translate({ord("「"): "“", ord("」"): "”"})) in {
            text,
            text.replace("着", "著"),
        }


def test_answers_headings_and_descriptions_are_own_prose_too() -> None:
    """A question of an FAQ is a customer's, and a label of the menu is no call."""
    last = Passage(text="Wir kommen auch am Abend und am Samstag gern.", url=URL)
    answer, heading = replace(last, role="faq"), replace(last, kind="heading")
    for source in (
        SourceProse(url=URL, language="de", passages=[answer]),
        SourceProse(url=URL, language="de", passages=[heading]),
    ):
        assert voice.list_distinct_voice_sentences(source, "de") == [last.text]
    question = replace(answer, text="Kommt unser Team auch zu jeder vereinbarten Zeit?")
    assert voice.list_distinct_voice_sentences(SourceProse(url=URL, language="de", passages=[question]), "de") == []
    assert value("brandVoice", SourceProse(url=URL, language="de", about=GERMAN)) is None


def test_a_page_of_headlines_has_no_voice_but_one_of_many_features_has() -> None:
    features = prose(*GERMAN, headings=[f"Fenster {number}" for number in range(60)], language="de")
    headlines = prose(*GERMAN, headings=[f"Stadtrat beschließt neue Regeln {one}" for one in range(60)], language="de")
    assert value("brandVoice", features)
    assert value("brandVoice", headlines) is None


def test_a_repeated_sentence_counts_once() -> None:
    once = prose(*GERMAN, language="de")
    repeated = prose(*GERMAN, *(f"{text} {GERMAN[7]}" for text in GERMAN), language="de")
    assert value("brandVoice", once) == value("brandVoice", repeated)


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


@pytest.mark.parametrize("language", load_voice_rules())
def test_each_language_has_all_rules_and_phrases(language: str) -> None:
    rules, english, own = load_voice_rules()[language], load_voice_phrases()["en"], load_voice_phrases()[language]
    forms = [*rules.address.values(), *rules.person.values(), *rules.politeness.values()]
    for pattern in (rules.imperative, rules.superlative, rules.call, *(form.pattern for form in forms)):
        assert compile_tone_pattern(pattern).search("") is None
    assert {form.tone for form in forms if form.tone} <= own.tones.keys()
    assert {form.contrary for form in forms if form.contrary} <= rules.address.keys()
    assert own.tones.keys() == english.tones.keys()
    polite = bool(rules.politeness)
    assert own.lines.keys() == english.lines.keys() | ({"politeness"} if polite else set())
    assert own.avoided.keys() == english.avoided.keys() | ({"familiar"} if polite else set())
    for trait, line in own.lines.items():
        assert slots_of(line) == slots_of(english.lines.get(trait, "{word}"))


def slots_of(line: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(line) if name}


@pytest.mark.parametrize("phrases", load_voice_phrases().values())
def test_each_line_states_its_trait_again(phrases: VoicePhrases) -> None:
    for trait, line in phrases.lines.items():
        if trait != "tone":
            text = line.format(word="wort", person="person", list="eins, zwei")
            (stated,) = find_stated_voice_traits(text)
            assert stated.trait == trait
            assert stated.word in {"", "wort", "person", "eins, zwei"}


@given(some.lists(some.sampled_from([*ENGLISH, *GERMAN, "Accept all cookies!", "Go!"]), max_size=30), some.booleans())
@settings(deadline=None)
def test_any_voice_has_at_most_seven_lines_and_quotes_of_its_own(texts: list[str], documentation: bool) -> None:
    source = prose(*texts, documentation=documentation)
    found = derived(source).get("brandVoice")
    if found is None:
        return
    assert not documentation
    assert voice.MIN_VOICE_LINES <= len(str(found.value).splitlines()) <= voice.MAX_VOICE_LINES
    assert {*found.evidence} <= {*texts}
