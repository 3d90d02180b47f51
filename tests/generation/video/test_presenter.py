"""Presenter of a video: named in its first scene from the first frame on, and said to be nobody."""

from itertools import combinations

import msgspec
import numpy as np
import pytest

from generation.frame import FRAMES
from generation.slides.kit import Kit, Presented
from generation.theme import theme
from generation.video.hook import hook
from generation.words.write import labels
from tests.generation.slides.test_byline import FACE, overlap
from tests.generation.slides.test_deck import LONG, copy, screenshot
from tests.generation.video.test_film import wrong


@pytest.mark.parametrize(("language", "shots"), [("en", 1), ("ar", 0)])
def test_a_hook_says_who_presents_from_its_first_frame_on(language: str, shots: int) -> None:
    kit = Kit(
        name="Tideline",
        theme=theme(["#0b6e99"]),
        language=language,
        seed="seed",
        screenshots=(screenshot((1280, 720)),) * shots,
        frame=FRAMES["9:16"],
        presenter=Presented("Mira", FACE),
    )
    said = msgspec.structs.replace(copy(hook=LONG, language=language), labels=labels(language))
    scene = hook(kit, said, 2.5)
    marks = {mark.name: mark.box for mark in scene.settled().marks}
    assert {"presenter", "disclosure"} <= marks.keys()
    assert wrong(scene, "9:16") == []
    assert [pair for pair in combinations(marks, 2) if overlap(marks[pair[0]], marks[pair[1]])] == []
    first = np.asarray(scene.draw(0).crop(marks["disclosure"]))
    assert (first == kit.theme.vivid.text).all(axis=2).mean() > 0.05
