"""Video: pictures and sound encoded into one file, with a thumbnail of its finished hook scene."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from generation.outputs import RenderingProgress
from generation.seeds import seeded_random_number
from generation.slides.kit import SlideKit
from generation.sound.synthesis import MonoWave
from generation.sound.track import mix_video_sound_track
from generation.spec import PieceCopy
from generation.text.scripts import is_right_to_left_language
from generation.thumbnail import encode_picture_as_jpeg_thumbnail
from generation.timing import VideoTiming
from generation.video import cuts
from generation.video.end import build_end_scene, build_end_scene_of_partner_end_card
from generation.video.hook import build_hook_scene
from generation.video.mp4 import describe_rendered_video, encode_mp4, video_thumbnail_path
from generation.video.point import build_point_scene
from generation.video.scene import VIDEO_FRAMES_PER_S, VideoScene

_VIDEO_FILE_STEM = "video-1"
#: Progress steps of a video.
_PROGRESS_REPORTS_PER_VIDEO = 80
#: Share of the work after the last frame.
_WORK_SHARE_LEFT_AFTER_LAST_FRAME = 0.02


class VideoContentPiece(NamedTuple):
    """A video to make; `end` is the partner's own end card, `speech` is each scene's speech."""

    kit: SlideKit
    copy: PieceCopy
    timing: VideoTiming
    end: Image.Image | None = None
    speech: Sequence[MonoWave] = ()

    def render_files_and_yield_progress(self, folder: Path) -> Generator[RenderingProgress]:
        """Encode the video and thumbnail into a folder; yield progress, at last the file. Raises `GenerationError`."""
        film = build_video_scenes(self.kit, self.copy, self.timing, self.end)
        sound = mix_video_sound_track(self.timing, self.kit.seed, self.speech)
        path = folder / f"{_VIDEO_FILE_STEM}.mp4"
        count = sum(scene.frame_count for scene in film)
        every = max(1, count // _PROGRESS_REPORTS_PER_VIDEO)
        with closing(encode_mp4(path, self.kit.frame.size, render_video_frames(self.kit, film), sound)) as encoded:
            for number in encoded:
                if number % every == 0:
                    yield RenderingProgress(number / count * (1 - _WORK_SHARE_LEFT_AFTER_LAST_FRAME))
        settled = [scene.draw_last_frame() for scene in film]
        video_thumbnail_path(path).write_bytes(encode_picture_as_jpeg_thumbnail(settled[0].image))
        marks = [mark for canvas in settled for mark in canvas.marks]
        yield RenderingProgress(1.0, describe_rendered_video(path, self.kit.frame.size, count, marks))


def build_video_scenes(
    kit: SlideKit, copy: PieceCopy, timing: VideoTiming, own: Image.Image | None = None
) -> list[VideoScene]:
    """Return a video's scenes: hook, points and end. `own` is the partner's end card, which replaces the last scene."""
    points = [
        build_point_scene(kit, line.text, number, seconds, is_only=len(copy.points) == 1)
        for number, (line, seconds) in enumerate(zip(copy.points, timing.points, strict=True), 1)
    ]
    last = build_end_scene_of_partner_end_card(kit, own, timing.end) if own else build_end_scene(kit, copy, timing.end)
    return [build_hook_scene(kit, copy, timing.hook), *points, last]


def render_video_frames(kit: SlideKit, shown: Sequence[VideoScene]) -> Iterator[Image.Image]:
    """Yield each frame of a video's scenes, in order. During a cut, the old scene keeps moving below the new one."""
    for number in range(shown[0].frame_count):
        yield shown[0].draw_frame(number)
    for at, (old, new) in enumerate(pairwise(shown)):
        cut = _choose_transition_draw_function(kit, at)
        turning = round(cuts.SCENE_TRANSITION_SECONDS * VIDEO_FRAMES_PER_S)
        for number in range(new.frame_count):
            picture = new.draw_frame(number)
            if number < turning:
                picture = cut(old.draw_frame(old.frame_count + number), picture, (number + 1) / (turning + 1))
            yield picture


def _choose_transition_draw_function(kit: SlideKit, at: int) -> "partial[Image.Image]":
    way = -1 if is_right_to_left_language(kit.language) else 1
    kinds = (
        partial(cuts.draw_slide_in_transition_frame, way=(0, 1)),
        partial(cuts.draw_circle_reveal_transition_frame),
        partial(cuts.draw_slide_in_transition_frame, way=(way, 0)),
    )
    return kinds[(at + int(seeded_random_number(kit.seed, "cuts") * len(kinds))) % len(kinds)]
