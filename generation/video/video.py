"""Video: pictures and sound encoded into one file, with a thumbnail of its finished hook scene."""

from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from generation.outputs import Step
from generation.slides.kit import Kit
from generation.sound.synthesis import Wave
from generation.sound.track import track
from generation.spec import Copy
from generation.thumbnail import thumbnail
from generation.timing import Timing
from generation.video.film import frames, scenes
from generation.video.mp4 import encode, made, thumbnail_of

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
        yield Step(1.0, made(path, self.kit.frame.size, count, marks))
