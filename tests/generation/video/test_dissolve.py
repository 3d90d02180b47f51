"""Dissolve between scenes: their words are never legible over each other."""

import numpy as np
from PIL import Image

from generation.timing import VideoTiming
from generation.video.cuts import DISSOLVE
from generation.video.film import Film
from generation.video.scene import CALM_MOVEMENT, FilmScene
from generation.video.words import WordSprite

SIZE = (40, 120)


def scene(x: int) -> FilmScene:
    """Return a second with a white bar at `x` for the words, and a gray bar at the left that doesn't come."""
    white, mask = Image.new("RGB", (10, 10), "white"), Image.new("L", (10, 10), 255)
    name = WordSprite(Image.new("RGB", (10, 10), (128, 128, 128)), mask, (0, 0), -1, 0)
    return FilmScene(1.0, Image.new("RGB", SIZE), CALM_MOVEMENT, words=[name, WordSprite(white, mask, (x, 60), 0, 4)])


def test_words_of_two_scenes_are_not_legible_at_once() -> None:
    film = Film([scene(10), scene(20)], VideoTiming(1.0, (), 1.0), "editorial")
    frames = [np.asarray(frame.convert("L")) for frame in film.yield_frames()]
    dissolved = frames[30 : 30 + DISSOLVE.frames]
    old, new = ([int(frame[:, x : x + 10].max()) for frame in dissolved] for x in (10, 20))
    assert max(map(min, zip(old, new, strict=True))) < 80
    assert (old[-1], sorted(old, reverse=True) == old) == (0, True)
    assert frames[-1][60:70, 20:30].min() == 255
    assert {int(frame[5, 5]) for frame in frames} == {128}
