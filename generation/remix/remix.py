"""Remix: a probed clip, cut and framed, encoded into one file.

It shows the clip's frames with their stickers, then the end card in a growing circle.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from generation.copy.captions import Caption, ClipSpan, captions
from generation.outputs import Step
from generation.remix import texts
from generation.remix.clip import Clip, decoded
from generation.remix.cut import FPS, Cut, cut
from generation.remix.framing import HEIGHT, WIDTH, Framing, framing
from generation.remix.sound import mix_sound
from generation.remix.sticker import Sticker
from generation.slides.kit import Kit
from generation.spec import Copy
from generation.thumbnail import thumbnail
from generation.video import cuts
from generation.video.end import end, end_card_scene
from generation.video.mp4 import encode, thumbnail_of, video_output_file
from generation.video.scene import Scene
from schemas.errors import ClipRefused

_NAME = "ugc_remix-1"
#: Frame of the thumbnail: the hook is visible, and speech has begun.
_THUMBNAIL_FRAME = 30
#: Progress steps of a remix.
_STEPS = 80
#: Share of the work before the first frame.
_SHARE_BEFORE = 0.12
#: Share of the work after the last frame.
_SHARE_AFTER = 0.02
#: Seconds of the end card, and the frames of its transition.
END_SECONDS = 2.5
TRANSITION_FRAMES = round(cuts.CUT_SECONDS * FPS)
#: Maximum share of frames that may be missing, replaced by the last one.
MAX_MISSING_SHARE = 0.1
#: Maximum decoder errors a frame. A damaged frame gives two errors.
MAX_ERRORS_PER_FRAME = 0.25


class Remix(NamedTuple):
    """A remix to make, of at most `seconds` seconds; `card` is the partner's own end card."""

    kit: Kit
    copy: Copy
    clip: Clip
    seconds: int
    transcript: str | None = None
    card: Image.Image | None = None

    def make(self, folder: Path) -> Iterator[Step]:
        """Draw into an existing folder. Raises `ClipRefused`, `GenerationError`."""
        part = cut(self.clip.scanned, self.clip.speech, self.seconds - END_SECONDS)
        how = framing(self.clip, part)
        yield Step(_SHARE_BEFORE / 2)
        hook = texts.hook_sticker(self.kit, self.copy.hook.text, part, how.covered)
        stickers = [hook, *texts.caption_stickers(self.kit, self._captions(), part, how.covered)]
        card = self._card()
        total = part.frames + round(END_SECONDS * FPS)
        sound = mix_sound(self.clip, part, within(self.clip.speech, part), total / FPS, self.kit.seed)
        path = folder / f"{_NAME}.mp4"
        pictures = _save_thumbnail(frames(self.clip, part, how, stickers, card), thumbnail_of(path))
        for number in encode(path, self.kit.frame.size, pictures, sound):
            if number % max(1, total // _STEPS) == 0:
                yield Step(_SHARE_BEFORE + number / total * (1 - _SHARE_BEFORE - _SHARE_AFTER))
        marks = [mark for one in stickers for mark in one.marks] + card.settled().marks
        yield Step(1.0, video_output_file(path, self.kit.frame.size, total, marks))

    def _card(self) -> Scene:
        seconds = END_SECONDS + TRANSITION_FRAMES / FPS
        return (
            end_card_scene(self.kit, self.card, seconds) if self.card else end(self.kit, self.copy, seconds)
        )

    def _captions(self) -> list[Caption]:
        """Spread the transcript over all speech; assume the same share of speech in the unanalyzed rest."""
        if not self.transcript:
            return []
        speech_share = sum(one.end - one.start for one in self.clip.speech) / (self.clip.scanned * 1_000)
        scanned, seconds = round(self.clip.scanned * 1_000), self.clip.seconds * 1_000
        beyond = round((seconds - scanned) * speech_share)
        later = [ClipSpan(start=scanned, end=scanned + beyond)] if beyond > 0 else []
        return captions(self.transcript, [*self.clip.speech, *later], self.copy.language)


def within(speech: Sequence[ClipSpan], part: Cut) -> list[ClipSpan]:
    """Return the spans of speech inside the part, relative to its start."""
    first, last = round(part.start * 1_000), round((part.start + part.seconds) * 1_000)
    inside = [ClipSpan(start=max(one.start, first) - first, end=min(one.end, last) - first) for one in speech]
    return [one for one in inside if one.end > one.start]


def _save_thumbnail(pictures: Iterable[Image.Image], poster: Path) -> Iterator[Image.Image]:
    """Yield all pictures; save one of them as the thumbnail."""
    for number, picture in enumerate(pictures):
        if number == _THUMBNAIL_FRAME:
            poster.write_bytes(thumbnail(picture))
        yield picture


def frames(
    clip: Clip, part: Cut, how: Framing, stickers: Sequence[Sticker], end: Scene
) -> Iterator[Image.Image]:
    """Yield the frames: the clip with its stickers, the transition, the end scene. Raises `ClipRefused`."""
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
