"""Persona: the presenter of a brand, out of its snapshot, a partner's wishes and a seed."""

from collections.abc import Collection
from typing import NamedTuple

from generation.personas import names, prompts
from generation.spec import AgeRange, Brand, Gender
from generation.words.choice import pick
from generation.words.languages import primary
from generation.words.speech import language_of
from generation.words.write import labels, tag

GENDERS: tuple[Gender, ...] = ("female", "male", "non_binary")
#: Those that are drawn unless somebody asks for another: no presenter is a minor by chance.
AGES: tuple[AgeRange, ...] = ("young_adult", "adult", "mid_adult")
#: Voice of a brand that says none.
VOICE = "plain"
#: Keywords that a persona speaks about.
TOPICS = 5


class Wish(NamedTuple):
    """A partner's wish: what it leaves open the prompt chooses, and what that leaves open, the seed."""

    gender: Gender | None = None
    age_range: AgeRange | None = None
    prompt: str = ""
    name: str | None = None


class Persona(NamedTuple):
    """A presenter: `language` is a BCP-47 tag, `topics` are the brand's keywords.

    There is no more to know of one: no life, no past, no use of the product.
    """

    name: str
    gender: Gender
    age_range: AgeRange
    voice: str
    language: str
    topics: list[str]


def persona(brand: Brand, wish: Wish, seed: str, *, taken: Collection[str] = ()) -> Persona:
    """The same one for the same brand, wish and seed; no name that is taken, as long as others are left."""
    said = prompts.read(wish.prompt)
    any_gender, any_age = pick(seed, GENDERS, "gender"), pick(seed, AGES, "age")
    gender = wish.gender or said.gender or any_gender
    language = tag(brand, language_of(brand))
    return Persona(
        name=wish.name or _name(brand, language, gender, seed, taken),
        gender=gender,
        age_range=wish.age_range or said.age_range or any_age,
        voice=said.voice or brand.voice or VOICE,
        language=language,
        topics=brand.keywords[:TOPICS],
    )


def discloses(language: str) -> str:
    """The line that tells everybody what a presenter is, as it stands in content of the language."""
    return labels(primary(language)).presenter


def _name(brand: Brand, language: str, gender: Gender, seed: str, taken: Collection[str]) -> str:
    """A name that isn't in the brand's own: somebody called like the product would be taken for it."""
    all_names = names.of(language, gender)
    own = brand.name.casefold()
    free = [name for name in all_names if name not in taken and name.casefold() not in own]
    return pick(seed, free or all_names, "name")
