"""Presenter of a video: the first and last scene disclose it, from their first frames on."""

from itertools import combinations

import msgspec
import numpy as np
import pytest

from generation.copy.write import labels_in_language
from generation.frame import FRAME_BY_ASPECT
from generation.slides.kit import SlideKit, SlidePresenter
from generation.spec import PieceCopy
from generation.theme import GroundColors, derive_theme
from generation.video.end import build_end_scene
from generation.video.hook import build_hook_scene
from generation.video.scene import VideoScene
from tests.generation.slides.test_byline import FACE, overlap
from tests.generation.slides.test_deck import LONG, copy, line, screenshot
from tests.generation.video.test_video import wrong


def kit(language: str, *, shots: int = 0, name: str = "Tideline") -> SlideKit:
    return SlideKit(
        name=name,
        theme=derive_theme(["#0b6e99"]),
        language=language,
        seed="seed",
        screenshots=(screenshot((1280, 720)),) * shots,
        frame=FRAME_BY_ASPECT["9:16"],
        presenter=SlidePresenter("Mira", FACE),
    )


def said(language: str, tagline: str = "Know the tide") -> PieceCopy:
    plain = copy(hook=LONG, language=language)
    return msgspec.structs.replace(plain, labels=labels_in_language(language), tagline=line(tagline))


def faults(scene: VideoScene) -> list[object]:
    """Return texts that are illegible, under the platforms' overlays, or overlapping."""
    marks = {mark.name: mark.box for mark in scene.settled().marks}
    over = [pair for pair in combinations(marks, 2) if overlap(marks[pair[0]], marks[pair[1]])]
    return [*wrong(scene, "9:16"), *over, *({"presenter", "disclosure"} - marks.keys())]


def shown(scene: VideoScene, ground: GroundColors) -> float:
    """Return the share of the text's color in the disclosure's box, in the first frame."""
    [box] = [mark.box for mark in scene.settled().marks if mark.name == "disclosure"]
    pixels = np.asarray(scene.draw(0).crop(box))
    return float((pixels == ground.text).all(axis=2).mean())


@pytest.mark.parametrize(("language", "shots"), [("en", 1), ("ar", 0)])
def test_a_hook_discloses_the_presenter_from_its_first_frame(language: str, shots: int) -> None:
    made = kit(language, shots=shots)
    scene = build_hook_scene(made, said(language), 2.5)
    assert faults(scene) == []
    assert shown(scene, made.theme.vivid) > 0.05


@pytest.mark.parametrize("name", ["Tideline", "Privatsphäre-Grundeinstellungen Benutzerkontenverwaltung"])
def test_an_end_discloses_the_presenter_with_long_texts(name: str) -> None:
    made = kit("de", name=name)
    scene = build_end_scene(made, said("de", LONG), 2.5)
    assert faults(scene) == []
    assert shown(scene, made.theme.vivid) > 0.05
