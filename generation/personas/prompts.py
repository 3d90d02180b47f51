"""Prompts: a partner's words for a presenter, reduced to the choices that the renderer has.

No text of a prompt is stored, drawn or published. Each word stands for one choice, in English, German, French
and Spanish: no word has another meaning in another of these languages.
"""

from collections.abc import Mapping
from typing import NamedTuple, TypeVar

from generation.copy import tones
from generation.spec import AgeRange, Gender

W = TypeVar("W", bound=str)

#: Words of each gender, without blanks and hyphens.
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


class Choices(NamedTuple):
    """Choices of a prompt; None for an unspecified one."""

    gender: Gender | None
    age_range: AgeRange | None
    voice: str | None


def read(prompt: str) -> Choices:
    """Return the prompt's choices; the first word for each choice wins."""
    return Choices(_first(prompt, GENDERS), _first(prompt, AGES), _first(prompt, tones.VOICES))


def _first(prompt: str, meanings: Mapping[W, str]) -> W | None:
    return tones.first_meaning(
        prompt, {word: one for one, entries in meanings.items() for word in entries.split()}
    )
