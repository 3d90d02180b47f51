"""Persona: the presenter of a brand, from its snapshot, a partner's wishes and a seed.

A persona depicts no real person and has no biography. A prompt is reduced to the choices of the renderer: no
text of it is stored, drawn or published. Each word stands for one choice, in English, German, French and
Spanish: no word has another meaning in another of these languages.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from generation.copy import tones
from generation.copy.languages import DEFAULT_LANGUAGE, primary_language
from generation.copy.speech import detect_brand_language
from generation.copy.write import build_slide_labels_in_language, language_tag_of_brand
from generation.seeds import seeded_pick
from generation.spec import AgeRange, BrandSnapshot, Gender

PERSONA_GENDERS: tuple[Gender, ...] = ("female", "male", "non_binary")
#: Ages to draw from by default: a presenter is never a minor by chance.
DEFAULT_PERSONA_AGES: tuple[AgeRange, ...] = ("young_adult", "adult", "mid_adult")
#: Voice of a brand without one.
DEFAULT_PERSONA_TONE_OF_VOICE = "plain"
#: Maximum keywords that a persona talks about.
MAX_PERSONA_TOPICS = 5
#: Common first names by language and gender.
_FIRST_NAMES_BY_LANGUAGE: Mapping[str, Mapping[Gender, str]] = {
    "en": {
        "female": "Amara Chloe Ella Grace Hannah Ivy June Lucy Maya Nora Ruby Zoe",
        "male": "Adam Ben Caleb Ethan Isaac Jack Leo Miles Noah Omar Ryan Theo",
        "non_binary": "Alex Ari Casey Jamie Jordan Kai Morgan Quinn Riley Robin Rowan Sky",
    },
    "de": {
        "female": "Anna Clara Elif Frieda Greta Hanna Ida Jana Lena Marie Nele Paula",
        "male": "Anton Can David Emil Finn Henri Jonas Karl Leon Moritz Paul Tim",
        "non_binary": "Alex Chris Jona Kim Luca Mika Noa Robin Sam Sascha Toni Yuna",
    },
    "fr": {
        "female": "Agathe Camille Chloé Élise Inès Jeanne Léa Louise Lucie Manon Nadia Rose",
        "male": "Adrien Arthur Bastien Gabriel Hugo Jules Karim Louis Lucas Nathan Paul Théo",
        "non_binary": "Alex Andréa Ange Camille Charlie Claude Dany Eden Lou Maé Noa Sasha",
    },
    "es": {
        "female": "Alba Carla Elena Inés Irene Julia Lucía Marina Nuria Paula Sara Vera",
        "male": "Álvaro Bruno Daniel Diego Hugo Iván Javier Leo Mario Mateo Pablo Sergio",
        "non_binary": "Alex Andy Ariel Cris Dani Eider Gael Noa Río Robin Sam Yael",
    },
}
#: Words of each gender, without blanks and hyphens.
WORDS_NAMING_EACH_GENDER: Mapping[Gender, str] = {
    "female": "woman women female girl lady frau weiblich mädchen femme féminine fille mujer femenina chica",
    "male": "man men male boy guy mann männlich homme masculin garçon hombre masculino chico",
    "non_binary": """nonbinary enby androgynous nichtbinär androgyn nonbinaire androgyne nobinario
        nobinaria andrógino andrógina""",
}
AGE_WORDS_IN_PARTNER_PROMPT: Mapping[AgeRange, str] = {
    "teen": "teen teens teenager teenage adolescent jugendlich jugendliche jugendlicher adolescente",
    "young_adult": """young youthful twenties student jung junge junger studentin étudiant étudiante jeune
        joven estudiante""",
    "adult": "adult grownup thirties erwachsen erwachsene erwachsener adulte adulto adulta",
    "mid_adult": "forties quadragénaire cuarentón cuarentona",
    "mature": "mature middleaged fifties reif quinquagénaire maduro madura",
    "senior": """senior seniors elderly older retired grandmother grandfather sixties ältere älterer
        seniorin rentner rentnerin âgé âgée retraité retraitée anciano anciana jubilado jubilada""",
}


class PersonaWish(NamedTuple):
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


def build_persona(brand: BrandSnapshot, wish: PersonaWish, seed: str, *, taken: Collection[str] = ()) -> Persona:
    """Return a presenter's persona for a brand, the same for the same arguments.

    The wish's fields decide first, then its prompt, then the brand's voice or the seed. A picked name is not one
    of `taken`, as long as others are free.
    """
    choices = extract_traits_from_persona_prompt(wish.prompt)
    any_gender, any_age = (seeded_pick(seed, PERSONA_GENDERS, "gender"), seeded_pick(seed, DEFAULT_PERSONA_AGES, "age"))
    gender = wish.gender or choices.gender or any_gender
    language = language_tag_of_brand(brand, detect_brand_language(brand))
    return Persona(
        name=wish.name or _pick_persona_name(brand, language, gender, seed, taken),
        gender=gender,
        age_range=wish.age_range or choices.age_range or any_age,
        voice=choices.voice or brand.voice or DEFAULT_PERSONA_TONE_OF_VOICE,
        language=language,
        topics=brand.keywords[:MAX_PERSONA_TOPICS],
    )


def presenter_disclosure(language: str) -> str:
    """Return the note that the presenter is no real person, capitalized, in a language; in English if it has none."""
    return build_slide_labels_in_language(primary_language(language)).presenter


def _pick_persona_name(brand: BrandSnapshot, language: str, gender: Gender, seed: str, taken: Collection[str]) -> str:
    """Return a common first name that is not taken and not part of the brand's name; any one if none is free.

    Readers would confuse a part of the brand's name with the product.
    """
    all_names = persona_first_names(language, gender)
    own = brand.name.casefold()
    free = [name for name in all_names if name not in taken and name.casefold() not in own]
    return seeded_pick(seed, free or all_names, "name")


def persona_first_names(language: str, gender: Gender) -> list[str]:
    """Return the common first names of a gender in a language; the English ones for other languages."""
    return _FIRST_NAMES_BY_LANGUAGE.get(primary_language(language), _FIRST_NAMES_BY_LANGUAGE[DEFAULT_LANGUAGE])[
        gender
    ].split()


class TraitsReadFromPersonaPrompt(NamedTuple):
    """Gender, age and voice that a prompt names; None for one that it leaves open."""

    gender: Gender | None
    age_range: AgeRange | None
    voice: str | None


def extract_traits_from_persona_prompt(prompt: str) -> TraitsReadFromPersonaPrompt:
    """Return a persona prompt's gender, age and voice, each by its first known, not negated word; None without one."""
    return TraitsReadFromPersonaPrompt(
        tones.find_trait_of_first_known_word(prompt, WORDS_NAMING_EACH_GENDER),
        tones.find_trait_of_first_known_word(prompt, AGE_WORDS_IN_PARTNER_PROMPT),
        tones.find_trait_of_first_known_word(prompt, tones.WORDS_NAMING_EACH_TONE),
    )
