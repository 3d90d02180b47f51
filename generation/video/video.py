"""Video: pictures and sound encoded into one file, with a thumbnail of its finished hook scene."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from generation.outputs import Step
from generation.seeds import chance
from generation.slides.kit import Kit
from generation.sound.synthesis import Wave
from generation.sound.track import track
from generation.spec import Copy
from generation.text.scripts import is_right_to_left
from generation.thumbnail import thumbnail
from generation.timing import Timing
from generation.video import cuts
from generation.video.end import end, end_card_scene
from generation.video.hook import hook
from generation.video.mp4 import encode, thumbnail_of, video_output_file
from generation.video.point import point
from generation.video.scene import RATE, Scene

_NAME = "video-1"
#: Progress steps of a video.
_STEPS = 80
#: Share of the work after the last frame.
_SHARE_AFTER = 0.02


class Video(NamedTuple):
    """A video to make; `end` is the partner's own end card, `speech` is each scene's speech."""

    kit: Kit
    copy: Copy
    timing: Timing
    end: Image.Image | None = None
    speech: Sequence[Wave] = ()

    def make(self, folder: Path) -> Generator[Step]:
        """Draw into an existing folder. The file is complete once its step is yielded."""
        film = scenes(self.kit, self.copy, self.timing, self.end)
        sound = track(self.timing, self.kit.seed, self.speech)
        path = folder / f"{_NAME}.mp4"
        count = sum(scene.frames for scene in film)
        every = max(1, count // _STEPS)
        with closing(encode(path, self.kit.frame.size, frames(self.kit, film), sound)) as encoded:
            for number in encoded:
                if number % every == 0:
                    yield Step(number / count * (1 - _SHARE_AFTER))
        settled = [scene.settled() for scene in film]
        thumbnail_of(path).write_bytes(thumbnail(settled[0].image))
        marks = [mark for canvas in settled for mark in canvas.marks]
        yield Step(1.0, video_output_file(path, self.kit.frame.size, count, marks))


def scenes(kit: Kit, copy: Copy, timing: Timing, own: Image.Image | None = None) -> list[Scene]:
    """Return hook, points and end; the partner's own end card replaces the last scene."""
    points = [
        point(kit, line.text, number, seconds, is_only=len(copy.points) == 1)
        for number, (line, seconds) in enumerate(zip(copy.points, timing.points, strict=True), 1)
    ]
    last = end_card_scene(kit, own, timing.end) if own else end(kit, copy, timing.end)
    return [hook(kit, copy, timing.hook), *points, last]


def frames(kit: Kit, shown: Sequence[Scene]) -> Iterator[Image.Image]:
    """Yield each frame. During a cut, the old scene keeps moving below the new one."""
    for number in range(shown[0].frames):
        yield shown[0].draw(number)
    for at, (old, new) in enumerate(pairwise(shown)):
        cut = _cut(kit, at)
        turning = round(cuts.CUT_SECONDS * RATE)
        for number in range(new.frames):
            picture = new.draw(number)
            if number < turning:
                picture = cut(old.draw(old.frames + number), picture, (number + 1) / (turning + 1))
            yield picture


def _cut(kit: Kit, at: int) -> "partial[Image.Image]":
    way = -1 if is_right_to_left(kit.language) else 1
    kinds = (partial(cuts.slide_up), partial(cuts.reveal_circle), partial(cuts.slide_sideways, way=way))
    return kinds[(at + int(chance(kit.seed, "cuts") * len(kinds))) % len(kinds)]
