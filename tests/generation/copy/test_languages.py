"""Languages: a brand's whole copy in each language, and in a language without formulas."""

from typing import get_args

import msgspec
import pytest

from generation.copy.clauses import derive_copy_lines_of_sentence
from generation.copy.languages import LANGUAGE_TABLES, PRESENTER_DISCLOSURES
from generation.copy.languages.table import SHAPE_SLOTS, compile_word_entry_pattern
from generation.copy.shapes import SlotText, fill_template
from generation.copy.statements import _calls_by_trade
from generation.copy.write import write_piece_copy
from generation.proofreading.words import find_copy_faults
from generation.spec import BrandSnapshot, CopyEvidence, CopyIntent, PieceSpec, Presenter
from tests.generation.copy.brands import BRANDS, TIDELINE
from tests.generation.copy.tracing import templates_of

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


@pytest.mark.parametrize("language", BRANDS)
def test_points_are_clauses_without_their_lead_ins(language: str) -> None:
    spec = PieceSpec(format="slideshow", brand=BRANDS[language], seed="1", hook="Look")
    copies = [write_piece_copy(msgspec.structs.replace(spec, seed=str(seed))) for seed in range(10)]
    points = [point for copy in copies for point in copy.points]
    assert {point.text for point in points} == POINTS[language]
    assert {copy.language for copy in copies} == {BRANDS[language].language}
    assert all(point.rule == "clause" for point in points)


@pytest.mark.parametrize(("language", "sentence", "lines"), READINGS)
def test_a_sentence_gives_these_lines(language: str, sentence: str, lines: list[str]) -> None:
    assert derive_copy_lines_of_sentence(sentence, "Tideline", language) == lines


@pytest.mark.parametrize("language", sorted(LANGUAGE_TABLES))
def test_a_table_has_enough_shapes_of_each_intent_and_register(language: str) -> None:
    table = LANGUAGE_TABLES[language]
    shapes = [*table.hooks.values()]
    assert len(shapes) >= 40
    assert all(sum(shape.intent == intent for shape in shapes) >= 4 for intent in get_args(CopyIntent))
    assert all(sum(shape.tone == tone for shape in shapes) >= 12 for tone in ("any", "casual", "formal"))
    assert all(shape.slots <= SHAPE_SLOTS for shape in shapes)
    assert len({shape.text for shape in shapes}) == len(shapes)
    called = {call for shape in shapes for call in shape.only} | {*_calls_by_trade().values(), "visit", "get", "play"}
    assert called <= table.calls.keys() == LANGUAGE_TABLES["en"].calls.keys()


@pytest.mark.parametrize("language", sorted(LANGUAGE_TABLES))
def test_the_proofreader_knows_each_word_of_a_table_and_finds_no_claim(language: str) -> None:
    """Fill each template with a brand's words and show it as a hook."""
    copy = write_piece_copy(
        PieceSpec(format="image", brand=BrandSnapshot(name="Qq", language=language), seed="1", hook="?")
    )
    quoted = {
        slot: SlotText("Qq", [CopyEvidence(field="appName", quote="Qq")]) for slot in SHAPE_SLOTS | {"name", "place"}
    }
    brand = BrandSnapshot(name="Qq", language=language)
    claims = {kind: compile_word_entry_pattern(words) for kind, words in LANGUAGE_TABLES[language].never.items()}
    for template in templates_of(LANGUAGE_TABLES[language]):
        line = fill_template(template, quoted)
        assert line
        assert find_copy_faults(msgspec.structs.replace(copy, hook=line, caption=line.text), brand) == [], template
        assert [kind for kind, pattern in claims.items() if pattern.search(line.text)] == [], template


def test_the_brands_language_is_kept_with_a_warning() -> None:
    copy = write_piece_copy(PieceSpec(format="slideshow", brand=TIDELINE, seed="1", language="de"))
    assert copy.language == "en"
    assert [warning.partition(":")[0] for warning in copy.warnings] == ["language_kept"]


def test_a_language_without_formulas_has_names_and_own_words_only() -> None:
    brand = BrandSnapshot(name="Tideline", taglines=["Znaj przypływ, zanim ruszysz"], language="pl")
    copy = write_piece_copy(PieceSpec(format="slideshow", brand=brand, seed="1"))
    assert [warning.partition(":")[0] for warning in copy.warnings] == ["no_formulas", "few_clauses"]
    assert {copy.recap.text, copy.call_to_action.text, copy.ending.text} == {"Tideline"}
    assert copy.labels.presenter.casefold() == PRESENTER_DISCLOSURES["pl"]
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
def test_a_language_similar_to_another_one_has_its_own_words(language: str, text: str) -> None:
    for declared in (language, None):
        brand = BrandSnapshot(name="Tideline", descriptions=[text], language=declared)
        copy = write_piece_copy(PieceSpec(format="slideshow", brand=brand, seed="1"))
        recap = LANGUAGE_TABLES[language].recaps.any.format(name="Tideline")
        assert (copy.language, copy.recap.text) == (language, recap)


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
