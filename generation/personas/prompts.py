"""Prompts: a partner's words for a presenter, of which only those are understood that choose what exists.

Nothing of a prompt is kept, drawn or said. Each word stands for one choice, in English, German, French and
Spanish at once: no word means another thing in another of them.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple, TypeVar

from generation.spec import AgeRange, Gender
from generation.words import texts

W = TypeVar("W", bound=str)

#: Words of each gender, in an entry without its blanks and hyphens.
GENDERS: Mapping[Gender, str] = {
    "female": "woman women female girl lady frau weiblich mädchen femme féminine fille mujer femenina chica",
    "male": "man men male boy guy mann männlich homme masculin garçon hombre masculino chico",
    "non_binary": """nonbinary enby androgynous nichtbinär androgyn nonbinaire androgyne nobinario
        nobinaria andrógino andrógina""",
}
AGES: Mapping[AgeRange, str] = {
    "teen": "teen teens teenager teenage adolescent jugendlich jugendliche jugendlicher adolescente",
    "young_adult": """young youthful twenties student jung junge junger studentin étudiant étudiante jeune
        joven estudiante""",
    "adult": "adult grownup thirties erwachsen erwachsene erwachsener adulte adulto adulta",
    "mid_adult": "forties quadragénaire cuarentón cuarentona",
    "mature": "mature middleaged fifties reif quinquagénaire maduro madura",
    "senior": """senior seniors elderly older retired grandmother grandfather sixties ältere älterer
        seniorin rentner rentnerin âgé âgée retraité retraitée anciano anciana jubilado jubilada""",
}
#: Voices, each by the word that it is called by in whatever language.
VOICES: Mapping[str, str] = {
    "plain": "plain honest authentic schlicht ehrlich honnête sencillo sencilla honesto honesta",
    "casual": """casual relaxed laidback lässig décontracté décontractée informal relajado relajada""",
    "playful": """playful funny witty humorous verspielt witzig lustig drôle ludique divertido divertida
        gracioso graciosa""",
    "warm": """warm friendly encouraging herzlich freundlich warmherzig chaleureux chaleureuse amical
        amicale cálido cálida amable""",
    "professional": """professional serious seriös professionell sachlich sérieux sérieuse professionnel
        professionnelle profesional serio seria""",
    "enthusiastic": """enthusiastic energetic lively excited begeistert energisch lebhaft enthousiaste
        énergique entusiasta enérgico enérgica""",
}


class Choices(NamedTuple):
    """Choices of a prompt; None where it says nothing."""

    gender: Gender | None
    age_range: AgeRange | None
    voice: str | None


def read(prompt: str) -> Choices:
    """Of several words for one thing the first one counts."""
    words = _words(prompt)
    return Choices(_first(words, GENDERS), _first(words, AGES), _first(words, VOICES))


def _words(prompt: str) -> list[str]:
    """Its words, and each two neighbours as one, so that `non-binary` and `middle aged` are words."""
    single = [word.casefold() for word in texts.words(prompt)]
    return [one for pair in pairwise([*single, ""]) for one in ("".join(pair), pair[0])]


def _first(words: list[str], meanings: Mapping[W, str]) -> W | None:
    known = {word: meaning for meaning, entries in meanings.items() for word in entries.split()}
    return next((known[word] for word in words if word in known), None)
