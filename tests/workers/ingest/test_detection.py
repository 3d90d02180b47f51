"""A text's language, weighed against a declared one."""

import re
from collections import defaultdict
from collections.abc import Iterator
from random import Random
from string import ascii_lowercase

import langcodes
import pytest

from tests.corpora import store_description, store_texts
from workers.ingest.detection import (
    DETECTABLE_LANGUAGES,
    LANGUAGE_DETECTOR,
    MIN_CHARS_TO_OVERRIDE_DECLARED_LANGUAGE,
    MIN_SURE_LANGUAGE_PROBABILITY,
    detect_text_language,
    find_language_tag_candidates,
    is_certainly_not_in_language,
)
from workers.ingest.languages import normalize_first_language_tag, primary_language_subtag
from workers.ingest.page.text import clean_text_line
from workers.ingest.sentences import find_language_detection_sentences, is_language_detection_sentence

GERMAN = "Mit dieser Karte findest du alle Häfen und alle Gezeiten, und zwar auch ganz ohne Netz. " * 3
LOREM = (
    "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore "
    "et dolore magna aliqua. Ut enim ad minim veniam, quis nostrud exercitation ullamco laboris nisi ut. "
)
LABELS = (
    "Learn more about our products See all of our customers Read the latest news from the team "
    "Sign up for the newsletter How it works What we do for you Get help with your account "
)
CODE = (
    "def open_the_door(key): # opens the door with the key that was given to it; "
    "return Door(key=key).open(); if door.is_open: raise ValueError('the door is open already'); }; "
)
#: A page's texts in Croatian that has no whole sentence.
CROATIAN = (
    "Apartmani na moru za vaš odmor Smještaj za obitelji i parove samo pet minuta od plaže Cijene i ponuda za ljeto "
    "Rezervirajte na vrijeme i uživajte u miru Kako do nas iz Zagreba ili Splita Doručak na terasi uz pogled na more "
    "Gosti o nama i našim sobama Parkiralište je ispred kuće, a trgovina preko puta Brod za otoke polazi ujutro "
)
PORTUGUESE = (
    "Uma casa de praia para a sua família, com vista para o mar e a poucos minutos do centro da vila As nossas casas "
    "têm cozinha, jardim e lugar para o carro Reserve já as suas férias e fale com a gente sobre os preços de verão "
    "O café da manhã é servido no terraço, e o barco para as ilhas sai todos os dias às nove da manhã "
)
BRANDS = (
    "Bosch Siemens Miele Zanussi Electrolux Candy Gorenje Beko Whirlpool Ariston Indesit Hotpoint Smeg Liebherr Neff "
    "Gaggenau Samsung Toshiba Hitachi Panasonic Sharp Daewoo Haier Hisense Grundig Bauknecht Brandt Sauter Thomson "
    "Vestel Rosieres Hoover Dyson Philips Braun Tefal Rowenta Moulinex Krups Delonghi Saeco Jura Nivona Melitta "
)
VESTIBULUM = "Vestibulum ante ipsum primis in faucibus orci luctus et ultrices posuere cubilia curae. "
CAESAR = (
    "Gallia est omnis divisa in partes tres, quarum unam incolunt Belgae, aliam Aquitani, tertiam qui "
    "ipsorum lingua Celtae, nostra Galli appellantur. Hi omnes lingua, institutis, legibus inter se "
    "differunt. Horum omnium fortissimi sunt Belgae, propterea quod a cultu provinciae longissime absunt. "
)


def long_texts() -> Iterator[tuple[str, str]]:
    """Yield language and text of each store listing with a long text."""
    for _, locale, listing in store_texts():
        tag = normalize_first_language_tag(locale) if langcodes.tag_is_valid(locale) else None
        if tag and len(text := store_description(listing)) >= MIN_CHARS_TO_OVERRIDE_DECLARED_LANGUAGE:
            yield primary_language_subtag(tag), re.sub(r"<[^>]+>", " ", text)


def test_the_languages_of_store_texts() -> None:
    answers: dict[str, list[bool]] = defaultdict(list)
    for language, text in long_texts():
        tag, _ = detect_text_language(text)
        answers[language].append(tag is not None and primary_language_subtag(tag) == language)
    right_languages = [language for language, answers_of_language in answers.items() if all(answers_of_language)]
    assert len(right_languages) >= 35
    assert {"ar", "cs", "de", "en", "es", "fr", "he", "hi", "hu", "id", "it", "ja", "ko", "nl"} <= set(right_languages)
    assert {"pl", "pt", "ro", "ru", "sv", "tr", "uk", "vi", "zh"} <= set(right_languages)
    all_answers = [answer for answers_of_language in answers.values() for answer in answers_of_language]
    assert sum(all_answers) / len(all_answers) >= 0.97


@pytest.mark.parametrize(
    ("text", "declared", "best"),
    [
        (GERMAN, [], ("de", 0.9, "text")),
        (GERMAN, [("en_US", "html.lang")], ("de", 0.9, "text")),
        (GERMAN, [("de-at", "html.lang")], ("de-AT", 0.95, "html.lang+text")),
        (GERMAN, [("english", "html.lang"), ("de_CH", "html.og:locale")], ("de-CH", 0.95, "html.og:locale+text")),
        # The model doesn't know this language.
        (GERMAN, [("ia", "html.lang")], ("ia", 0.8, "html.lang")),
        (CAESAR, [("en", "html.lang")], ("la", 0.9, "text")),
        ("Alle Häfen und Gezeiten", [("en", "html.lang")], ("en", 0.8, "html.lang")),
    ],
)
def test_a_sure_detection_overrules_a_declaration_but_keeps_its_region(
    text: str, declared: list[tuple[str, str]], best: tuple[str, float, str]
) -> None:
    assert next(find_language_tag_candidates(text, declared)) == best


@pytest.mark.parametrize(
    ("text", "declared"),
    [(LABELS * 3, "de"), (CODE * 3, "de"), (LOREM * 3, "en"), (LOREM * 3, "de"), (VESTIBULUM * 3, "en")],
)
def test_texts_without_sentences_overrule_nothing(text: str, declared: str) -> None:
    """The model itself is sure of such a text's language."""
    assert LANGUAGE_DETECTOR.classify(text)[1] >= MIN_SURE_LANGUAGE_PROBABILITY
    assert next(find_language_tag_candidates(text, [(declared, "html.lang")])) == (declared, 0.8, "html.lang")


@pytest.mark.parametrize("declared", ["en", "de-DE", "fr", "tr"])
def test_words_of_another_language_overrule_a_declaration_without_sentences(declared: str) -> None:
    assert is_certainly_not_in_language(CROATIAN, declared)
    best = next(find_language_tag_candidates(CROATIAN, [(declared, "html.lang")]))
    assert primary_language_subtag(best[0]) in {"hr", "bs", "sr"}
    # A menu and a banner in another language than the prose prove nothing.
    assert next(find_language_tag_candidates(CROATIAN, [(declared, "html.lang")], ["Ok"]))[0] == declared


@pytest.mark.parametrize(
    ("text", "declared"),
    [
        *((CROATIAN, language) for language in ("hr", "sr", "sr-Latn", "bs", "sl", "eo")),
        *((PORTUGUESE, language) for language in ("pt-BR", "es", "gl")),
        *((CODE * 9, language) for language in ("en", "de")),
        *((BRANDS * 2, language) for language in ("en", "pl", "ja")),
        *((LOREM * 3, language) for language in ("en", "it")),
        ("Acme " + "日本語の説明です。使い方はとても簡単です。" * 9 + LABELS * 2, "ja"),
        (CROATIAN[:100], "en"),
    ],
)
def test_related_languages_code_names_and_few_words_are_never_certain(text: str, declared: str) -> None:
    assert not is_certainly_not_in_language(text, declared)


def test_letters_of_no_language_are_certain_of_none() -> None:
    letters = Random(28)
    codes = " ".join("".join(letters.choices(ascii_lowercase, k=6)) for _ in range(400))
    assert detect_text_language(codes)[0] is None
    assert not is_certainly_not_in_language(codes, "de")


def test_no_store_text_is_certainly_in_another_language() -> None:
    assert not [text[:80] for language, text in long_texts() if is_certainly_not_in_language(text, language)]


def test_no_text_and_placeholder_text_have_no_language() -> None:
    assert detect_text_language(" \n") == (None, 0.0)
    assert list(find_language_tag_candidates("", [])) == list(find_language_tag_candidates(LOREM * 3, [])) == []
    german = "Das Meer ist heute so ruhig wie gestern, und die Boote bleiben im Hafen."
    assert next(find_language_tag_candidates(LOREM + german, []))[0] == "de"


def test_the_prose_must_agree_with_the_whole_text() -> None:
    english = "We use cookies and other tools to see how people use our site, and you can always say no. " * 4
    declared = [("pt", "html.lang")]
    assert next(find_language_tag_candidates(english, declared)) == ("en", 0.9, "text")
    assert next(find_language_tag_candidates(english, declared, ["Bem-vindo"])) == ("pt", 0.8, "html.lang")
    assert next(find_language_tag_candidates(english, declared, [GERMAN])) == ("pt", 0.8, "html.lang")


def test_another_script_needs_less_proof() -> None:
    chinese = "Acme 讓你輕鬆管理船隻，隨時隨地查看潮汐。打開程式，選擇港口，就這麼簡單。" * 6
    assert LANGUAGE_DETECTOR.classify(chinese)[1] < MIN_SURE_LANGUAGE_PROBABILITY
    assert next(find_language_tag_candidates(chinese, [("en-US", "html.lang")])) == ("zh", 0.9, "text")
    assert next(find_language_tag_candidates(chinese, [("ja", "html.lang")])) == ("ja", 0.8, "html.lang")
    assert next(find_language_tag_candidates("首頁 產品 價格 關於我們 聯絡 " * 20, [("en", "html.lang")])) == (
        "en",
        0.8,
        "html.lang",
    )


def test_store_texts_overrule_a_false_declaration_in_every_language_and_never_a_true_one() -> None:
    """Sure texts with enough sentences are also declared as English, or as German if they are English."""
    answers: dict[str, list[bool]] = defaultdict(list)
    for language, raw_text in long_texts():
        text = clean_text_line(raw_text)
        assert best_language(text, language) == language
        sure = (
            detect_text_language(text)[1] >= MIN_SURE_LANGUAGE_PROBABILITY
            and len(" ".join(find_language_detection_sentences(text))) >= MIN_CHARS_TO_OVERRIDE_DECLARED_LANGUAGE
        )
        if language in DETECTABLE_LANGUAGES and sure:
            answers[language].append(best_language(text, "de" if language == "en" else "en") == language)
    assert len(answers) >= 30
    assert all(map(all, answers.values())), answers


def best_language(text: str, declared: str) -> str:
    return primary_language_subtag(next(find_language_tag_candidates(text, [(declared, "html.lang")]))[0])


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("en_us", "en-US"), ("de;q=0.8, en", "de"), ("zh-hant", "zh-Hant"), ("english", None),
        ("x-default", None), ("und", None), ("en-x-" + "-".join(["abcdefgh"] * 1000), None), ("", None),
    ],
)  # fmt: skip
def test_a_tag_is_standard_or_none(text: str, tag: str | None) -> None:
    assert normalize_first_language_tag(text) == tag


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The sea is calm today.", True), ("Ist das Meer heute ruhig?", True),
        ("海は今日もとても穏やかです。", True), ("समुद्र आज बहुत शांत है।", True),
        ("هل البحر هادئ جدا اليوم؟", True), ("ทะเลสงบเงียบมากในวันนี้เหมือนกับเมื่อวาน", True),
        ("“The sea is calm today.”", True), ("Die Deutsche Bahn fährt Züge nach Berlin.", True),
        ("Home Products Pricing", False), ("Sign up now.", False), ("The sea is calm today", False),
        ("Anna Meier, Jean Dubois, Piotr Nowak.", False), ("let a = { b: [c] }; d(a).", False),
        ("ทะเล", False), ("", False),
    ],
)  # fmt: skip
def test_a_sentence_is_whole_and_neither_code_nor_names(text: str, expected: bool) -> None:
    assert is_language_detection_sentence(text) == expected
