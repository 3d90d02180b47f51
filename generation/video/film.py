"""Film: all frames of a video, scene after scene."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise

from PIL import Image

from generation.seeds import chance
from generation.slides.kit import Kit
from generation.spec import Copy
from generation.text.scripts import is_right_to_left
from generation.timing import Timing
from generation.video import cuts
from generation.video.end import end, end_card_scene
from generation.video.hook import hook
from generation.video.point import point
from generation.video.scene import RATE, Scene


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
        turning = round(cuts.SECONDS * RATE)
        for number in range(new.frames):
            picture = new.draw(number)
            if number < turning:
                picture = cut(old.draw(old.frames + number), picture, (number + 1) / (turning + 1))
            yield picture


def _cut(kit: Kit, at: int) -> "partial[Image.Image]":
    way = -1 if is_right_to_left(kit.language) else 1
    kinds = (partial(cuts.slide_up), partial(cuts.reveal_circle), partial(cuts.slide_sideways, way=way))
    return kinds[(at + int(chance(kit.seed, "cuts") * len(kinds))) % len(kinds)]
