"""Film of a remix: the clip's frames with their stickers, then the end card in a growing circle."""

from collections.abc import Iterator, Sequence

from PIL import Image

from generation.remix.clip import Clip, decoded
from generation.remix.cut import FPS, Cut
from generation.remix.framing import HEIGHT, WIDTH, Framing
from generation.remix.sticker import Sticker
from generation.video import cuts
from generation.video.scene import Scene
from schemas.errors import ClipRefused

#: Seconds of the end card, and the frames of its transition.
END_SECONDS = 2.5
TRANSITION_FRAMES = round(cuts.SECONDS * FPS)
#: Maximum share of frames that may be missing, replaced by the last one.
MAX_MISSING_SHARE = 0.1
#: Maximum decoder errors a frame. A damaged frame gives two errors.
MAX_ERRORS_PER_FRAME = 0.25


def frames(
    clip: Clip, part: Cut, how: Framing, stickers: Sequence[Sticker], end: Scene
) -> Iterator[Image.Image]:
    """Yield each frame. Raises `ClipRefused`."""
    for number, image in enumerate(clip_frames(clip, part, how)):
        for sticker in stickers:
            sticker.draw(image, number)
        covered = number - (part.frames - TRANSITION_FRAMES)
        if covered >= 0:
            yield cuts.reveal_circle(image, end.draw(covered), (covered + 1) / (TRANSITION_FRAMES + 1))
        else:
            yield image
    for number in range(TRANSITION_FRAMES, end.frames):
        yield end.draw(number)


def clip_frames(clip: Clip, part: Cut, how: Framing) -> Iterator[Image.Image]:
    """Yield exactly the part's frames; repeat the last one if the clip ends a little early."""
    count, last = 0, None
    for last in _decoded(clip, part, how):
        count += 1
        yield Image.frombytes("RGB", (WIDTH, HEIGHT), last)
    if last is None or part.frames - count > MAX_MISSING_SHARE * part.frames:
        raise ClipRefused(
            "CLIP_TRUNCATED", f"the clip has {count} of {part.frames} pictures: export it again"
        )
    for _ in range(part.frames - count):
        yield Image.frombytes("RGB", (WIDTH, HEIGHT), last)


def _decoded(clip: Clip, part: Cut, how: Framing) -> Iterator[bytes]:
    source = clip.source(part.start, part.seconds)
    shape = ["-frames:v", str(part.frames), "-f", "rawvideo", "-"]
    return decoded(
        WIDTH * HEIGHT * 3, *source, *how.arguments, *shape, complaints=MAX_ERRORS_PER_FRAME * part.frames
    )
