"""Presenter of a video: the first and last scene disclose it, from their first frames on."""

from itertools import combinations

import msgspec
import numpy as np
import pytest

from generation.copy.write import labels
from generation.frame import FRAMES
from generation.slides.kit import Kit, SlidePresenter
from generation.spec import Copy
from generation.theme import Ground, theme
from generation.video.end import end
from generation.video.hook import hook
from generation.video.scene import Scene
from tests.generation.slides.test_byline import FACE, overlap
from tests.generation.slides.test_deck import LONG, copy, line, screenshot
from tests.generation.video.test_video import wrong


def kit(language: str, *, shots: int = 0, name: str = "Tideline") -> Kit:
    return Kit(
        name=name,
        theme=theme(["#0b6e99"]),
        language=language,
        seed="seed",
        screenshots=(screenshot((1280, 720)),) * shots,
        frame=FRAMES["9:16"],
        presenter=SlidePresenter("Mira", FACE),
    )


def said(language: str, tagline: str = "Know the tide") -> Copy:
    plain = copy(hook=LONG, language=language)
    return msgspec.structs.replace(plain, labels=labels(language), tagline=line(tagline))


def faults(scene: Scene) -> list[object]:
    """Return texts that are illegible, under the platforms' overlays, or overlapping."""
    marks = {mark.name: mark.box for mark in scene.settled().marks}
    over = [pair for pair in combinations(marks, 2) if overlap(marks[pair[0]], marks[pair[1]])]
    return [*wrong(scene, "9:16"), *over, *({"presenter", "disclosure"} - marks.keys())]


def shown(scene: Scene, ground: Ground) -> float:
    """Return the share of the text's color in the disclosure's box, in the first frame."""
    [box] = [mark.box for mark in scene.settled().marks if mark.name == "disclosure"]
    pixels = np.asarray(scene.draw(0).crop(box))
    return float((pixels == ground.text).all(axis=2).mean())


@pytest.mark.parametrize(("language", "shots"), [("en", 1), ("ar", 0)])
def test_a_hook_discloses_the_presenter_from_its_first_frame(language: str, shots: int) -> None:
    made = kit(language, shots=shots)
    scene = hook(made, said(language), 2.5)
    assert faults(scene) == []
    assert shown(scene, made.theme.vivid) > 0.05


@pytest.mark.parametrize("name", ["Tideline", "Privatsphäre-Grundeinstellungen Benutzerkontenverwaltung"])
def test_an_end_discloses_the_presenter_with_long_texts(name: str) -> None:
    made = kit("de", name=name)
    scene = end(made, said("de", LONG), 2.5)
    assert faults(scene) == []
    assert shown(scene, made.theme.vivid) > 0.05
