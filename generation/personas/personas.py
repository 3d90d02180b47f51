"""Persona: the presenter of a brand, from its snapshot, a partner's wishes and a seed."""

from collections.abc import Collection
from typing import NamedTuple

from generation.copy.choice import pick
from generation.copy.languages import primary
from generation.copy.speech import language_of
from generation.copy.write import labels, tag
from generation.personas import names, prompts
from generation.spec import AgeRange, BrandSnapshot, Gender

GENDERS: tuple[Gender, ...] = ("female", "male", "non_binary")
#: Ages to draw from by default: a presenter is never a minor by chance.
AGES: tuple[AgeRange, ...] = ("young_adult", "adult", "mid_adult")
#: Voice of a brand without one.
VOICE = "plain"
#: Maximum keywords that a persona talks about.
TOPICS = 5


class Wish(NamedTuple):
    """A partner's wish. The prompt fills open fields, and the seed fills the rest."""

    gender: Gender | None = None
    age_range: AgeRange | None = None
    prompt: str = ""
    name: str | None = None


class Persona(NamedTuple):
    """A presenter: `language` is a BCP-47 tag, `topics` are the brand's keywords.

    A persona has no other facts: no biography, no past, no use of the product.
    """

    name: str
    gender: Gender
    age_range: AgeRange
    voice: str
    language: str
    topics: list[str]


def persona(brand: BrandSnapshot, wish: Wish, seed: str, *, taken: Collection[str] = ()) -> Persona:
    """Return a persona, the same for the same arguments; avoid taken names as long as others are free."""
    choices = prompts.read(wish.prompt)
    any_gender, any_age = pick(seed, GENDERS, "gender"), pick(seed, AGES, "age")
    gender = wish.gender or choices.gender or any_gender
    language = tag(brand, language_of(brand))
    return Persona(
        name=wish.name or _name(brand, language, gender, seed, taken),
        gender=gender,
        age_range=wish.age_range or choices.age_range or any_age,
        voice=choices.voice or brand.voice or VOICE,
        language=language,
        topics=brand.keywords[:TOPICS],
    )


def disclosure(language: str) -> str:
    """Return the disclosure of a drawn presenter in a language, as content displays it."""
    return labels(primary(language)).presenter


def _name(brand: BrandSnapshot, language: str, gender: Gender, seed: str, taken: Collection[str]) -> str:
    """Pick a name outside of the brand's own name: readers would confuse it with the product."""
    all_names = names.first_names(language, gender)
    own = brand.name.casefold()
    free = [name for name in all_names if name not in taken and name.casefold() not in own]
    return pick(seed, free or all_names, "name")
