"""A whole video, from its spec to its file: valid for the platforms, with correct metadata."""

import json
import resource
from pathlib import Path

import pytest

from domain.accounts.platform_limits import PLATFORMS, LimitedFile, faults_of_files
from generation.outputs import OutputFile
from generation.render import InputFiles, prepare
from generation.spec import BrandSnapshot, Spec
from tests.generation.slides.test_deck import copy, screenshot
from tests.generation.test_pictures import written
from tests.generation.video.checks import Film, faults

POINTS = ("See high and low water", "Works without a connection", "No account and no ads")


def made_in(folder: Path) -> OutputFile:
    spec = Spec(
        format="video", brand=BrandSnapshot(name="Tideline", colors=["#0b6e99", "#ffd166"]), seed="tide"
    )
    shots = [written(screenshot((390, 844))), written(screenshot((1280, 720)))]
    words = copy(*POINTS, hook="Know the tide before you go")
    *_, last = prepare(spec, words, InputFiles(screenshots=shots)).make(folder)
    assert last.made is not None
    return last.made


@pytest.mark.long
def test_a_whole_video_is_valid_for_every_platform(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    made = made_in(tmp_path)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert faults(Film(tmp_path / made.name, (1080, 1920), 360)) == []
    assert (made.width, made.height, made.duration_ms) == (1080, 1920, 12_000)
    assert {one.name for one in tmp_path.iterdir()} == {made.name, made.thumbnail}
    file = LimitedFile("video", made.mime_type, made.size_bytes, made.duration_ms)
    refused = {name: list(faults_of_files(limits, {}, [file])) for name, limits in PLATFORMS.items()}
    assert not any(refused.values()), json.dumps(refused)
    assert min(line.contrast for line in made.shown) >= 4.5
    assert after.ru_utime - before.ru_utime < 60
