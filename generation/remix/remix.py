"""Remix: a probed clip, cut and framed, encoded into one file.

It shows the clip's frames with their stickers, then the end card in a growing circle.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from generation.copy.captions import ClipTimeSpan, TextCue, build_transcript_captions
from generation.looks.deck import PieceInLooks
from generation.outputs import RenderingProgress
from generation.remix import texts
from generation.remix.clip import ProbedClip, decode_clip_by_ffmpeg
from generation.remix.cut import OUTPUT_VIDEO_FPS, ClipPart, choose_shown_clip_part
from generation.remix.framing import REMIX_FRAME_HEIGHT_PX, REMIX_FRAME_WIDTH_PX, ClipFraming, choose_clip_framing
from generation.remix.sound import mix_clip_sound_over_ducked_music
from generation.remix.sticker import TextSticker
from generation.slides.kit import SlideKit
from generation.thumbnail import encode_picture_as_jpeg_thumbnail
from generation.video import cuts
from generation.video.film import build_end_scene
from generation.video.mp4 import describe_rendered_video, encode_mp4, video_thumbnail_path
from generation.video.scene import FilmScene
from schemas.errors import ClipRefused

_REMIX_FILE_STEM = "ugc_remix-1"
#: Frame of the thumbnail: the hook is visible, and speech has begun.
_REMIX_THUMBNAIL_FRAME_NUMBER = 30
#: Progress steps of a remix.
_REMIX_PROGRESS_REPORT_COUNT = 80
#: Share of the work before the first frame.
_WORK_SHARE_BEFORE_FIRST_FRAME = 0.12
#: Share of the work after the last frame.
_WORK_SHARE_LEFT_AFTER_LAST_FRAME = 0.02
#: Seconds of the end card, and the frames of its transition.
END_CARD_SECONDS = 2.5
END_CARD_TRANSITION_FRAMES = cuts.CIRCLE.frames
#: Maximum share of frames that may be missing, replaced by the last one.
MAX_MISSING_FRAME_SHARE = 0.1
#: Maximum decoder errors a frame. A damaged frame gives two errors.
MAX_DECODER_ERRORS_PER_FRAME = 0.25


class PreparedRemix(NamedTuple):
    """A remix to make; `card` is the partner's own end card, `kit` that of the stickers."""

    piece: PieceInLooks
    kit: SlideKit
    clip: ProbedClip
    card: Image.Image | None = None

    def render_files_and_yield_progress(self, folder: Path) -> Iterator[RenderingProgress]:
        """Encode the remix and its thumbnail into an existing folder; yield progress, at last the complete file.

        Raises `ClipRefused` and `GenerationError`.
        """
        part = choose_shown_clip_part(self.clip.scanned, self.clip.speech, self.piece.spec.seconds - END_CARD_SECONDS)
        how = choose_clip_framing(self.clip, part)
        yield RenderingProgress(_WORK_SHARE_BEFORE_FIRST_FRAME / 2)
        hook = texts.build_hook_sticker(self.kit, self.piece.copy.hook.text, part, how)
        stickers = [hook, *texts.lay_remix_captions(self.kit, self._build_captions(), part, how, hook)]
        card = self._build_end_scene()
        total = part.frames + round(END_CARD_SECONDS * OUTPUT_VIDEO_FPS)
        sound = mix_clip_sound_over_ducked_music(
            self.clip,
            part,
            speech_spans_within_clip_part(self.clip.speech, part),
            total / OUTPUT_VIDEO_FPS,
            self.kit.seed,
        )
        path = folder / f"{_REMIX_FILE_STEM}.mp4"
        pictures = _yield_remix_frames_saving_thumbnail(
            render_remix_frames(self.clip, part, how, stickers, card), video_thumbnail_path(path)
        )
        for number in encode_mp4(path, self.kit.frame.size, pictures, sound):
            if number % max(1, total // _REMIX_PROGRESS_REPORT_COUNT) == 0:
                yield RenderingProgress(
                    _WORK_SHARE_BEFORE_FIRST_FRAME
                    + number / total * (1 - _WORK_SHARE_BEFORE_FIRST_FRAME - _WORK_SHARE_LEFT_AFTER_LAST_FRAME)
                )
        marks = [mark for one in stickers for mark in one.marks] + [*card.marks]
        yield RenderingProgress(1.0, describe_rendered_video(path, self.kit.frame.size, total, marks))

    def _build_end_scene(self) -> FilmScene:
        seconds = END_CARD_SECONDS + END_CARD_TRANSITION_FRAMES / OUTPUT_VIDEO_FPS
        return build_end_scene(self.piece, self.kit, seconds, self.card)

    def _build_captions(self) -> list[TextCue]:
        transcript = self.piece.spec.transcript
        if not transcript:
            return []
        return build_transcript_captions(transcript, self.clip.estimate_speech_spans(), self.piece.copy.language)


def speech_spans_within_clip_part(speech: Sequence[ClipTimeSpan], part: ClipPart) -> list[ClipTimeSpan]:
    """Return the spans of speech inside a clip's displayed part, relative to the part's start."""
    first, last = round(part.start * 1_000), round((part.start + part.seconds) * 1_000)
    inside = [ClipTimeSpan(start=max(one.start, first) - first, end=min(one.end, last) - first) for one in speech]
    return [one for one in inside if one.end > one.start]


def _yield_remix_frames_saving_thumbnail(pictures: Iterable[Image.Image], poster: Path) -> Iterator[Image.Image]:
    """Yield all pictures of a remix, and save the one after a second as the thumbnail at `poster`."""
    for number, picture in enumerate(pictures):
        if number == _REMIX_THUMBNAIL_FRAME_NUMBER:
            poster.write_bytes(encode_picture_as_jpeg_thumbnail(picture))
        yield picture


def render_remix_frames(
    clip: ProbedClip, part: ClipPart, how: ClipFraming, stickers: Sequence[TextSticker], end: FilmScene
) -> Iterator[Image.Image]:
    """Yield all frames of a remix: the clip with its stickers, the transition, the end scene. Raises `ClipRefused`."""
    for number, image in enumerate(yield_clip_frames_in_9_16(clip, part, how)):
        for sticker in stickers:
            sticker.draw(image, number)
        covered = number - (part.frames - END_CARD_TRANSITION_FRAMES)
        if covered >= 0:
            yield cuts.draw_circle_reveal_transition_frame(
                image, end.draw_frame(covered), (covered + 1) / (END_CARD_TRANSITION_FRAMES + 1)
            )
        else:
            yield image
    for number in range(END_CARD_TRANSITION_FRAMES, end.frame_count):
        yield end.draw_frame(number)


def yield_clip_frames_in_9_16(clip: ProbedClip, part: ClipPart, how: ClipFraming) -> Iterator[Image.Image]:
    """Yield the framed pictures of a clip's part, as many as it has frames; repeat the last one if the clip ends early.

    Raises `ClipRefused`, for example if more than a tenth of them is missing.
    """
    count, last = 0, None
    for last in _decode_remix_frames(clip, part, how):
        count += 1
        yield Image.frombytes("RGB", (REMIX_FRAME_WIDTH_PX, REMIX_FRAME_HEIGHT_PX), last)
    if last is None or part.frames - count > MAX_MISSING_FRAME_SHARE * part.frames:
        raise ClipRefused("CLIP_TRUNCATED", f"the clip has {count} of {part.frames} pictures: export it again")
    for _ in range(part.frames - count):
        yield Image.frombytes("RGB", (REMIX_FRAME_WIDTH_PX, REMIX_FRAME_HEIGHT_PX), last)


def _decode_remix_frames(clip: ProbedClip, part: ClipPart, how: ClipFraming) -> Iterator[bytes]:
    source = clip.ffmpeg_input_arguments(part.start, part.seconds)
    shape = ["-frames:v", str(part.frames), "-f", "rawvideo", "-"]
    return decode_clip_by_ffmpeg(
        REMIX_FRAME_WIDTH_PX * REMIX_FRAME_HEIGHT_PX * 3,
        *source,
        *how.ffmpeg_arguments,
        *shape,
        complaints=MAX_DECODER_ERRORS_PER_FRAME * part.frames,
    )
