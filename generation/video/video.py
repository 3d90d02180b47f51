"""Video: a film and its sound encoded into one file, with a thumbnail of its finished first scene."""

import math
from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from generation.looks.deck import PieceInLooks
from generation.outputs import RenderingProgress
from generation.slides.kit import SlideKit
from generation.sound.synthesis import SOUND_SAMPLE_RATE_HZ, MonoWave
from generation.sound.track import min_speech_scene_seconds, mix_video_sound_track
from generation.thumbnail import encode_picture_as_jpeg_thumbnail
from generation.video.film import FilmSpeech, build_film
from generation.video.mp4 import describe_rendered_video, encode_mp4, video_thumbnail_path

_VIDEO_FILE_STEM = "video-1"
#: Progress steps of a video.
_PROGRESS_REPORTS_PER_VIDEO = 80
#: Share of the work before the first frame, and after the last one.
_WORK_SHARE_BEFORE_FIRST_FRAME = 0.2
_WORK_SHARE_LEFT_AFTER_LAST_FRAME = 0.02


class VideoContentPiece(NamedTuple):
    """A video to make; `end` is the partner's own end card, `speech` is each scene's speech."""

    piece: PieceInLooks
    kit: SlideKit
    end: Image.Image | None = None
    speech: Sequence[MonoWave] = ()

    def render_files_and_yield_progress(self, folder: Path) -> Generator[RenderingProgress]:
        """Encode the video and thumbnail into a folder; yield progress, at last the file. Raises `GenerationError`."""
        spoken = [len(wave) / SOUND_SAMPLE_RATE_HZ for wave in self.speech]
        film = build_film(self.piece, self.kit, FilmSpeech(spoken, min_speech_scene_seconds(self.speech)), self.end)
        yield RenderingProgress(_WORK_SHARE_BEFORE_FIRST_FRAME)
        sound = mix_video_sound_track(film.timing, self.kit.seed, self.speech, film.scenes[0].movement.mood)
        path = folder / f"{_VIDEO_FILE_STEM}.mp4"
        count, size = film.frame_count, film.scenes[0].ground.size
        every = math.ceil(count / _PROGRESS_REPORTS_PER_VIDEO)
        share = 1 - _WORK_SHARE_BEFORE_FIRST_FRAME - _WORK_SHARE_LEFT_AFTER_LAST_FRAME
        with closing(encode_mp4(path, size, film.yield_frames(), sound)) as encoded:
            for number in encoded:
                if number % every == 0:
                    yield RenderingProgress(_WORK_SHARE_BEFORE_FIRST_FRAME + number / count * share)
        settled = film.scenes[0].draw_last_frame()
        video_thumbnail_path(path).write_bytes(encode_picture_as_jpeg_thumbnail(settled))
        marks = [mark for scene in film.scenes for mark in scene.marks]
        yield RenderingProgress(1.0, describe_rendered_video(path, size, count, marks, film.look))
