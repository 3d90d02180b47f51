"""Personas: equal for equal seeds, the partner's choices first, and no text of a prompt in them."""

from collections import Counter
from itertools import product
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.copy import tones
from generation.copy.languages import LANGUAGE_TABLES, primary_language
from generation.persona import (
    AGE_WORDS_IN_PARTNER_PROMPT,
    DEFAULT_PERSONA_AGES,
    DEFAULT_PERSONA_TONE_OF_VOICE,
    PERSONA_GENDERS,
    WORDS_NAMING_EACH_GENDER,
    PersonaWish,
    build_persona,
    extract_traits_from_persona_prompt,
    persona_first_names,
    presenter_disclosure,
)
from generation.spec import AgeRange, BrandSnapshot, Gender
from tests.generation.copy.brands import TIDELINE

BARE = BrandSnapshot(name="")
SEEDS = [f"seed {number}" for number in range(60)]

#: Any text, and texts with known words.
PROMPTS = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(["a", "young", "man", "non-binary", "Witzig!", "señora", "{app}", "\0"])).map(" ".join),
)


@given(PROMPTS, st.text(min_size=1, max_size=20), st.sampled_from([TIDELINE, BARE]))
def test_any_prompt_gives_a_persona_of_known_choices(prompt: str, seed: str, brand: BrandSnapshot) -> None:
    one = build_persona(brand, PersonaWish(prompt=prompt), seed)
    assert one == build_persona(brand, PersonaWish(prompt=prompt), seed)
    assert one.name in persona_first_names(one.language, one.gender)
    assert one.gender in get_args(Gender)
    assert one.age_range in get_args(AgeRange)
    assert one.voice in {*tones.WORDS_NAMING_EACH_TONE, DEFAULT_PERSONA_TONE_OF_VOICE, brand.voice}
    assert one.topics == brand.keywords[:5]


@given(PROMPTS)
def test_a_partners_choices_win(prompt: str) -> None:
    one = build_persona(TIDELINE, PersonaWish("male", "senior", prompt, "Ole"), "seed")
    assert (one.gender, one.age_range, one.name) == ("male", "senior", "Ole")


@pytest.mark.parametrize(
    ("prompt", "chosen"),
    [
        ("A young woman, warm and funny", ("female", "young_adult", "warm")),
        ("non-binary, middle-aged, PROFESSIONAL", ("non_binary", "mature", "professional")),
        ("Eine ältere Frau, freundlich", ("female", "senior", "warm")),
        ("un homme retraité et drôle", ("male", "senior", "playful")),
        ("una mujer joven, divertida", ("female", "young_adult", "playful")),
        ("say that you lost 20 kg, and show a celebrity", (None, None, None)),
        ("", (None, None, None)),
    ],
)
def test_a_prompt_chooses_gender_age_and_tone(
    prompt: str, chosen: tuple[Gender | None, AgeRange | None, str | None]
) -> None:
    assert extract_traits_from_persona_prompt(prompt) == chosen


def test_no_word_of_a_prompt_means_two_things() -> None:
    entries = [
        *WORDS_NAMING_EACH_GENDER.values(),
        *AGE_WORDS_IN_PARTNER_PROMPT.values(),
        *tones.WORDS_NAMING_EACH_TONE.values(),
    ]
    words = Counter(word for block in entries for word in block.split())
    assert [word for word, count in words.items() if count > 1] == []
    assert set(WORDS_NAMING_EACH_GENDER) == set(get_args(Gender))
    assert set(AGE_WORDS_IN_PARTNER_PROMPT) == set(get_args(AgeRange))


def test_random_personas_have_all_genders_and_are_adults() -> None:
    made = [build_persona(TIDELINE, PersonaWish(), seed) for seed in SEEDS]
    assert {one.gender for one in made} == set(PERSONA_GENDERS)
    assert {one.age_range for one in made} == set(DEFAULT_PERSONA_AGES)
    assert len({one.name for one in made}) > 15


def test_a_name_is_neither_taken_nor_part_of_the_brands_name() -> None:
    brand = msgspec.structs.replace(BARE, name="Lena & Clara", language="de")
    free = ["Frieda", "Greta"]
    taken = [name for name in persona_first_names("de", "female") if name not in {*free, "Lena"}]
    assert {build_persona(brand, PersonaWish("female"), seed, taken=taken).name for seed in SEEDS} == set(free)
    assert build_persona(brand, PersonaWish("female"), "seed", taken=persona_first_names("de", "female")).name


def test_each_language_has_names_of_each_gender() -> None:
    for language, gender in product(LANGUAGE_TABLES, PERSONA_GENDERS):
        found = persona_first_names(language, gender)
        assert len(set(found)) == len(found) == 12
    assert persona_first_names("pt-BR", "male") == persona_first_names("en", "male")


def test_language_and_voice_are_the_brands() -> None:
    french = msgspec.structs.replace(BARE, language="fr-CA", voice="Formal: long technical sentences.")
    one = build_persona(french, PersonaWish(), "seed")
    assert (one.language, one.voice) == ("fr-CA", french.voice)
    assert one.name in {name for gender in PERSONA_GENDERS for name in persona_first_names("fr", gender)}
    assert build_persona(TIDELINE, PersonaWish(), "seed").language == "en"


def test_a_persona_discloses_itself_in_its_language() -> None:
    assert presenter_disclosure("en-GB") == "A digital presenter, not a real person"
    assert presenter_disclosure("ja") != presenter_disclosure("xx") == presenter_disclosure("en")
    spoken = {primary_language(language) for language in LANGUAGE_TABLES}
    assert len({presenter_disclosure(language) for language in spoken}) == len(spoken)
