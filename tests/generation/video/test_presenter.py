"""Presenter of a video: the first and last scene disclose it, from their first frames on."""

import msgspec
import numpy as np
import pytest

from generation.slides.kit import SlidePresenter
from generation.spec import AspectRatio
from generation.theme import BackgroundColors
from generation.video.end import build_end_scene
from generation.video.hook import build_hook_scene
from generation.video.scene import VideoScene
from tests.forms import first
from tests.generation.slides.test_byline import FACE, over_each_other, said
from tests.generation.slides.test_deck import LONG, kit, line, screenshot, wrong
from tests.generation.video.test_video import OVERHANG

MIRA = SlidePresenter("Mira", FACE)


def faults(scene: VideoScene) -> list[object]:
    """Return texts that are illegible, under the platforms' overlays, or overlapping."""
    settled = scene.draw_last_frame()
    missing = {"presenter", "disclosure"} - {mark.name for mark in settled.marks}
    return [*wrong(settled, OVERHANG), *over_each_other(settled), *missing]


def shown(scene: VideoScene, ground: BackgroundColors) -> float:
    """Return the share of the text's color in the disclosure's box, in the first frame."""
    [box] = [mark.box for mark in scene.draw_last_frame().marks if mark.name == "disclosure"]
    pixels = np.asarray(scene.draw_frame(0).crop(box))
    return float((pixels == ground.text).all(axis=2).mean())


@pytest.mark.parametrize(("language", "shots"), [("en", 1), ("ar", 0)])
def test_a_hook_discloses_the_presenter_from_its_first_frame(language: str, shots: int) -> None:
    made = kit(language, "9:16", screenshots=(screenshot((1280, 720)),) * shots, presenter=MIRA)
    scene = build_hook_scene(made, said(language), 2.5)
    assert faults(scene) == []
    assert shown(scene, made.theme.vivid) > 0.05


@pytest.mark.parametrize("name", ["Tideline", "Privatsphäre-Grundeinstellungen Benutzerkontenverwaltung"])
@pytest.mark.parametrize("aspect", ["9:16", *first(1, ["4:5", "1:1"])])
def test_an_end_discloses_the_presenter_with_long_texts(name: str, aspect: AspectRatio) -> None:
    made = kit("de", aspect, name=name, presenter=MIRA)
    scene = build_end_scene(made, msgspec.structs.replace(said("de"), tagline=line(LONG)), 2.5)
    assert faults(scene) == []
    assert {"pill", "app"} <= {mark.name for mark in scene.draw_last_frame().marks}
    assert shown(scene, made.theme.vivid) > 0.05
