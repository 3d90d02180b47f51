"""Common first names by language and gender."""

from collections.abc import Mapping

from generation.copy.languages import DEFAULT, primary
from generation.spec import Gender

_NAMES: Mapping[str, Mapping[Gender, str]] = {
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


def first_names(language: str, gender: Gender) -> list[str]:
    """Return the names of a language, else the English ones."""
    return _NAMES.get(primary(language), _NAMES[DEFAULT])[gender].split()
