"""Tones: an influencer's voice changes the words of a piece, but never their statements about the brand."""

from collections.abc import Iterator
from typing import get_args

import msgspec
import pytest

from generation.copy import tones
from generation.copy.languages import LANGUAGE_TABLES
from generation.copy.tones import Tone, WritingStyle
from generation.copy.voice_text import load_voice_phrases
from generation.copy.write import write_piece_copy
from generation.proofreading import words as proofreading
from generation.spec import BrandSnapshot, PieceCopy, PieceFormat, PieceSpec
from tests.generation.copy.brands import BRANDS, one_line
from tests.generation.copy.tracing import lines, untraced

TONES: tuple[Tone, ...] = get_args(Tone)
FORMATS: tuple[PieceFormat, ...] = get_args(PieceFormat)
TABLED = [language for language in BRANDS if language in LANGUAGE_TABLES]
SEEDS = [f"seed {number}" for number in range(25)]
#: Lines of derived voices, with the styles that they state.
DERIVED_STYLES = {
    "Spricht die Leser mit „du“ an.": WritingStyle(address="familiar", speaks_to_reader=True),
    "S’adresse au lecteur avec « vous » et dit « nous ».": WritingStyle(address="formal", speaks_to_reader=True),
    "Se dirige al lector con «usted».": WritingStyle(address="formal", speaks_to_reader=True),
    "読み手に「お客様」と呼びかける。": WritingStyle(speaks_to_reader=True),
    "Pisać krótkimi zdaniami.\nUnikać: wykrzykników.": WritingStyle(length=-1),
    "‘합니다체’로 쓴다.\n독자에게 던지는 질문으로 시작하기.": WritingStyle(asks=True),
    "以「您」稱呼讀者，以「我們」自稱。\n句子保持簡短。": WritingStyle(length=-1, speaks_to_reader=True),
    "Увлечённый.\nИногда ставить восклицательный знак.": WritingStyle("enthusiastic", length=-1),
    "Sich Zeit für lange, erklärende Sätze nehmen.\nMit einer Frage an die Leser beginnen.": WritingStyle(
        "professional", asks=False, length=1
    ),
    "Spricht die Leser mit „Sie“ an.\nEin passendes Emoji setzen.": WritingStyle(
        address="formal", speaks_to_reader=True
    ),
    "Herzlich und bodenständig.\nSpricht die Leser mit „Sie“ an und sagt „wir“.": WritingStyle(
        "warm", address="formal", speaks_to_reader=True
    ),
    # The words of a brand's own sentence, its stresses and its taboos name no tone.
    "Typischer Satz: „Wir sind seriös und locker.“\nBetont ehrlich, witzig.\nSätze kurz halten.": WritingStyle(
        length=-1
    ),
    "amichevole": WritingStyle("warm", speaks_to_reader=True),
    "Нет, не официальный: дружелюбный": WritingStyle("warm", speaks_to_reader=True),
}
LONG = BrandSnapshot(
    name="Tideline",
    descriptions=[
        one_line(
            """Tideline is a quiet tide clock for small harbours along a rocky coast. See your tides. Follow
            the harbours that a sailor knows along the coast. Set a reminder. Works without a connection once
            a harbour is saved on the phone. Keep your own log. Show high and low water for each of the
            harbours on one page. Do you plan a trip?"""
        )
    ],
    language="en",
)


def piece(brand: BrandSnapshot, tone: str | None, format_: PieceFormat = "slideshow", seed: str = "seed") -> PieceCopy:
    return write_piece_copy(PieceSpec(format=format_, brand=msgspec.structs.replace(brand, voice=tone), seed=seed))


def pieces(seeds: int) -> list[tuple[str, PieceFormat, str]]:
    """Return the pieces of brands with tables in 4 formats, for some seeds."""
    return [(language, format_, seed) for language in TABLED for format_ in FORMATS for seed in SEEDS[:seeds]]


@pytest.mark.parametrize("tone", TONES)
def test_every_piece_has_the_words_and_marks_of_its_tone(tone: Tone) -> None:
    for language, format_, seed in pieces(3):
        copy, table = piece(BRANDS[language], tone, format_, seed), LANGUAGE_TABLES[language]
        register = tones.voice_to_register(tone)
        assert copy.recap.text == table.recaps.choose(register).format(name="Tideline")
        calls = {table.calls[call].choose(register).format(name="Tideline") for call in ("get", "visit")}
        assert copy.call_to_action.text in calls
        points = "\n".join(f"{tones.POINT_BULLET_BY_TONE[tone]} {point.text}" for point in copy.points)
        assert copy.caption.startswith("\n\n".join(filter(None, (copy.hook.text, points))))
        assert copy.hook_shape in {"tagline", "clause"} or table.hooks[copy.hook_shape].tone in {"any", register}


@pytest.mark.parametrize("language", sorted(LANGUAGE_TABLES))
def test_a_formal_and_a_casual_voice_share_no_shape_of_their_own(language: str) -> None:
    """Eight of ten pieces have another hook, and each another call to action, in each language."""
    brand = BRANDS.get(language) or BrandSnapshot(
        name="Tideline", keywords=["tidal table", "harbour log"], language=language
    )
    pairs = [[piece(brand, tone, seed=seed) for tone in ("casual", "professional")] for seed in SEEDS[:10]]
    assert all(casual.call_to_action != formal.call_to_action for casual, formal in pairs)
    assert sum(casual.hook.text != formal.hook.text for casual, formal in pairs) >= 8


def test_casual_pieces_are_short_and_professional_ones_state() -> None:
    def points(tone: Tone) -> Iterator[int]:
        for seed in SEEDS:
            yield from (len(point.text) for point in piece(LONG, tone, seed=seed).points[1:])

    lengths = {tone: [*points(tone)] for tone in TONES}
    mean = {tone: sum(found) / len(found) for tone, found in lengths.items()}
    assert mean["casual"] < mean["plain"] < mean["professional"]
    assert mean["playful"] == mean["casual"]
    hooks = {tone: {piece(LONG, tone, seed=seed).hook.text for seed in SEEDS} for tone in TONES}
    assert hooks["casual"] != hooks["professional"]
    assert not any(text.endswith("?") for text in hooks["professional"])


@pytest.mark.parametrize("voice", [*TONES, *DERIVED_STYLES])
@pytest.mark.parametrize("brand", [*BRANDS.values(), LONG, BrandSnapshot(name="Yahoo!", keywords=["sea trips"])])
def test_no_voice_says_more_than_the_brand(voice: str, brand: BrandSnapshot) -> None:
    """Proofreader and tracer find no foreign words, numbers, claims or quotes."""
    for format_, seed in zip(FORMATS, SEEDS, strict=False):
        copy = piece(brand, voice, format_, seed)
        assert proofreading.find_copy_faults(copy, brand) == []
        assert [why for line in lines(copy) if (why := untraced(line, brand))] == []


@pytest.mark.parametrize(
    ("voice", "tone"),
    [
        (None, "plain"),
        ("Our secret voice", "plain"),
        ("Casual: contractions and emoji; speaks to the reader as “you”.", "casual"),
        ("Formal: long technical sentences.", "professional"),
        ("laid-back", "casual"),
        ("Herzlich und witzig", "warm"),
        ("énergique", "enthusiastic"),
        ("divertida", "playful"),
        ("Never formal, always warm", "warm"),
        ("Not too serious; playful", "playful"),
        ("not formal but friendly", "warm"),
        ("non-formal", "plain"),
        ("Nicht förmlich, locker", "casual"),
        ("pas formel, amical", "warm"),
        ("Sin ser formal. Divertido", "playful"),
        ("No-nonsense professional", "professional"),
        ("Warm. Not salesy", "warm"),
    ],
)
def test_the_first_word_that_names_a_tone_and_is_not_negated_decides(voice: str | None, tone: Tone) -> None:
    assert tones.voice_to_tone(voice) == tone


@pytest.mark.parametrize(("voice", "style"), DERIVED_STYLES.items())
def test_the_lines_of_a_derived_voice_state_its_style(voice: str, style: WritingStyle) -> None:
    assert tones.voice_to_style(voice) == style
    changed = [
        piece(BRANDS[language], voice, format_, seed) != piece(BRANDS[language], None, format_, seed)
        for language, format_, seed in pieces(1)
    ]
    assert sum(changed) > len(changed) / 3


def test_a_piece_addresses_the_reader_as_its_voice_does() -> None:
    calls = {
        word: piece(
            BRANDS[language], load_voice_phrases()[language].lines["address"].format(word=word)
        ).call_to_action.text
        for language, word in (("de", "du"), ("de", "Sie"), ("fr", "tu"), ("fr", "vous"), ("es", "tú"), ("es", "usted"))
    }
    tables = {"du": "de", "Sie": "de", "tu": "fr", "vous": "fr", "tú": "es", "usted": "es"}
    formal = {"Sie", "vous", "usted"}
    for word, call in calls.items():
        own = LANGUAGE_TABLES[tables[word]].calls["visit"]
        assert call == (own.formal if word in formal else own.casual).format(name="Tideline")
