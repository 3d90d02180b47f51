"""Languages: a brand's whole copy in each language, and in a language without formulas."""

import re

import msgspec
import pytest

from generation.copy import texts
from generation.copy.clauses import derive_copy_lines_of_sentence
from generation.copy.languages import LANGUAGE_TABLES, PRESENTER_DISCLOSURES
from generation.copy.write import write_piece_copy
from generation.spec import BrandSnapshot, PieceSpec, Presenter
from tests.generation.copy.brands import BRANDS, TIDELINE
from tests.generation.copy.tracing import templates

POINTS = {
    "en": {
        "A quiet tide clock for small harbours",
        "Follow the harbours you know",
        "Works without a connection once a harbour is saved",
        "Set a reminder for the turn of the tide",
    },
    "de": {
        "Eine ruhige Gezeitenuhr für kleine Häfen",
        "Deine Häfen verfolgen",
        "Zeigt Hoch- und Niedrigwasser auf einen Blick",
        "Eine Erinnerung einstellen",
    },
    "fr": {
        "Une horloge des marées pour les petits ports",
        "Suivre les ports de la côte",
        "Régler un rappel avant la marée",
        "Affiche les hautes et basses eaux",
    },
    "es": {
        "Un reloj de mareas para puertos pequeños",
        "Seguir los puertos de la costa",
        "Poner un aviso para el cambio de marea",
        "Muestra la altura del agua",
    },
    "ja": {"出かける前に潮を知る", "小さな港のための潮時計です", "港を保存すると接続なしで動きます"},
}
FAR = "along the coast that nobody has sailed before in winter, whatever the weather does"
#: Sentences of each language and their lines.
READINGS = [
    ("en", "With Tideline you can plan a trip along the coast.", ["Plan a trip along the coast"]),
    ("en", "It was voted best app of the year by 20,000 sailors and keeps a log of your trips.",
     ["Keeps a log of your trips"]),
    ("en", "However, it needs an account.", []),
    ("en", f"It shows the tides and lets you plan trips {FAR}.", ["Shows the tides", f"Plan trips {FAR}"]),
    ("en", "It is a log of trips and charts (and notes).", ["A log of trips and charts (and notes)"]),
    ("en", "Free of ads in every harbour.", ["Free of ads in every harbour"]),
    ("en", "Free in every harbour.", []),
    ("en", "Its charts:", []),
    ("en", "It can show and print tide tables.", ["Show and print tide tables"]),
    ("en", "Tideline is a quiet tide clock developed by a crew of three.", ["A quiet tide clock"]),
    ("en", f"Plan all your trips by reading the charts and the currents {FAR}.", ["Plan all your trips"]),
    ("en", "By reusing the charts which the coast has, it works.", []),
    ("en", "Paint the harbours in modern colors.", ["Paint the harbours in modern colors"]),
    ("en", "(Charts of the coast need no account)", []),
    ("de", "Die App ist ein Logbuch für Fahrten an der Küste.", ["Ein Logbuch für Fahrten an der Küste"]),
    ("de", "Dadurch sparst du Zeit.", []),
    ("de", "Das Spiel bietet Häfen, Boote und Stürme.", ["Bietet Häfen, Boote und Stürme"]),
    ("de", "Alle Kontakte der Häfen auf einen Blick.", ["Alle Kontakte der Häfen auf einen Blick"]),
    ("fr", "C’est un journal des sorties en mer.", ["Un journal des sorties en mer"]),
    ("fr", "Cependant, le port est loin.", []),
    ("fr", "Il peut gérer les ports et les bateaux.", ["Gérer les ports et les bateaux"]),
    ("fr", "Tideline est une horloge des marées basée sur Qt.", ["Une horloge des marées"]),
    ("es", "La aplicación es un diario de salidas al mar.", ["Un diario de salidas al mar"]),
    ("es", "Sin embargo, el puerto está lejos.", []),
    ("es", "Puede mostrar las mareas del puerto.", ["Mostrar las mareas del puerto"]),
]  # fmt: skip
#: First-person words in the four languages: a presenter has no biography.
FIRST_PERSON = re.compile(r"\b(?:i|me|my|ich|mir|mein|je|j'|mon|ma|yo|mi|me)\b", re.IGNORECASE)


@pytest.mark.parametrize("language", BRANDS)
def test_points_are_clauses_without_their_lead_ins(language: str) -> None:
    copy = write_piece_copy(PieceSpec(format="slideshow", brand=BRANDS[language], seed="1", hook="Look"))
    assert {point.text for point in copy.points} == POINTS[language]
    assert copy.language == BRANDS[language].language
    assert all(point.rule == "clause" for point in copy.points)


@pytest.mark.parametrize(("language", "sentence", "lines"), READINGS)
def test_a_sentence_gives_these_lines(language: str, sentence: str, lines: list[str]) -> None:
    assert derive_copy_lines_of_sentence(sentence, "Tideline", language) == lines


@pytest.mark.parametrize("language", LANGUAGE_TABLES)
def test_formulas_are_filled_in_the_brands_language(language: str) -> None:
    copy = write_piece_copy(PieceSpec(format="image", brand=BRANDS[language], seed="1"))
    own = LANGUAGE_TABLES[language].formulas
    assert copy.recap.text == own.recap.format(app="Tideline")
    assert copy.labels.presenter == texts.capitalize_first_word(own.presenter)
    wanted = own.try_it if language == "en" else own.visit
    assert copy.call_to_action.text == wanted.format(app="Tideline")


def test_the_brands_language_is_kept_with_a_warning() -> None:
    copy = write_piece_copy(PieceSpec(format="slideshow", brand=TIDELINE, seed="1", language="de"))
    assert copy.language == "en"
    assert [warning.partition(":")[0] for warning in copy.warnings] == ["language_kept"]


def test_a_language_without_formulas_has_names_and_own_words_only() -> None:
    copy = write_piece_copy(PieceSpec(format="slideshow", brand=BRANDS["ja"], seed="1"))
    assert [warning.partition(":")[0] for warning in copy.warnings] == ["no_formulas"]
    assert {copy.recap.text, copy.call_to_action.text, copy.ending.text} == {"Tideline"}
    assert copy.labels.presenter == PRESENTER_DISCLOSURES["ja"]
    assert not copy.labels.swipe


def test_the_detected_language_wins_over_the_declared_one() -> None:
    mistaken = msgspec.structs.replace(BRANDS["fr"], language="en")
    assert write_piece_copy(PieceSpec(format="slideshow", brand=mistaken, seed="1")).language == "fr"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("pt", "Um relógio das marés para os portos da costa. Sem anúncios e com avisos para a sua viagem."),
        ("it", "Un orologio delle maree per i porti della costa. Con gli avvisi per il tuo viaggio."),
        ("nl", "Een rustige getijdenklok voor de havens van de kust. Met een melding op het juiste moment."),
    ],
)
def test_a_language_similar_to_a_table_gets_no_formulas(language: str, text: str) -> None:
    for declared in (language, None):
        brand = BrandSnapshot(name="Tideline", descriptions=[text], language=declared)
        copy = write_piece_copy(PieceSpec(format="slideshow", brand=brand, seed="1"))
        assert (copy.language, copy.recap.text) == (language, "Tideline")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("da", "Et ur for kystens havne: se hvornår de er lave, hvornår de er dybe, og hvor de er."),
        ("pl", "Zegar pływów do portów: na telefon, na tablet i na zegarek, do pracy i do domu."),
        ("id", "Jam pasang surut yang tenang di pelabuhan. Lihat di mana dan kapan, per hari dan per jam."),
    ],
)
def test_a_language_without_a_table_is_as_declared(language: str, text: str) -> None:
    brand = BrandSnapshot(name="Tideline", descriptions=[text], language=language)
    assert write_piece_copy(PieceSpec(format="slideshow", brand=brand, seed="1")).language == language


def test_no_formula_uses_the_first_person() -> None:
    assert [text for text in templates() if FIRST_PERSON.search(text)] == []


@pytest.mark.parametrize("language", ["en", "de", "ja"])
def test_a_caption_names_and_discloses_the_presenter(language: str) -> None:
    presenter = Presenter(name="Mira", gender="female", age_range="adult", seed="1")
    plain = PieceSpec(format="image", brand=BRANDS[language], seed="1")
    presented = write_piece_copy(msgspec.structs.replace(plain, presenter=presenter))
    assert presented.presenter is not None
    assert presented.presenter.text in presented.caption
    assert presented.labels.presenter.casefold() in presented.presenter.text.casefold()
    assert [one.quote for one in presented.presenter.evidence] == ["Mira"]
    assert write_piece_copy(plain).presenter is None
