"""A video made into a folder: complete with its thumbnail and metadata, or absent."""

import hashlib
from pathlib import Path

import pytest
from PIL import Image

from generation.frame import FRAMES
from generation.render import InputFiles, prepare
from generation.slides.kit import Kit
from generation.spec import BrandSnapshot, Spec
from generation.theme import theme
from generation.timing import Timing
from generation.video.video import Video
from schemas.errors import GenerationError
from tests.generation.slides.test_deck import copy
from tests.generation.video.checks import Film, faults

KIT = Kit("Tideline", theme(["#0b6e99"]), "en", "seed", frame=FRAMES["1:1"])
SHORT = Video(KIT, copy(hook="Know the tide"), Timing(0.5, (), 0.5))


def test_a_video_reports_metadata_and_progress(tmp_path: Path) -> None:
    *steps, last = SHORT.make(tmp_path)
    made = last.made
    assert made is not None
    assert {one.name for one in tmp_path.iterdir()} == {made.name, made.thumbnail}
    data = (tmp_path / made.name).read_bytes()
    assert (made.size_bytes, made.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert (made.width, made.height, made.duration_ms) == (1080, 1080, 1000)
    shares = [step.share for step in (*steps, last)]
    assert shares == sorted(shares)
    assert (shares[-1], len(shares) <= 100, not any(step.made for step in steps)) == (1.0, True, True)
    assert {line.name for line in made.shown} >= {"name", "hook", "app", "pill"}
    with Image.open(tmp_path / made.thumbnail) as thumbnail:
        assert thumbnail.size == (480, 480)
    assert faults(Film(tmp_path / made.name, (1080, 1080), 30)) == []


def test_a_stopped_video_leaves_no_file(tmp_path: Path) -> None:
    making = SHORT.make(tmp_path)
    assert next(making).made is None
    making.close()
    assert list(tmp_path.iterdir()) == []


def test_speech_in_another_language_is_refused_before_anything_is_drawn() -> None:
    spec = Spec(format="video", brand=BrandSnapshot(name="Ebbe"), seed="seed", speech="heart")
    with pytest.raises(GenerationError) as told:
        prepare(spec, copy("Ohne Konto", hook="Kenne die Ebbe", language="de"), InputFiles())
    assert told.value.code == "SPEECH_NOT_SPOKEN"
