"""Checks of an MP4 against the platforms' documented requirements: each is named for its rule."""

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from pymediainfo import MediaInfo

from generation.ffmpeg import build_ffmpeg_input_from_file_path, run_ffmpeg
from tests.generation.video import boxes

RATE = 30


class Film:
    """A file with its expected properties."""

    def __init__(self, path: Path, size: tuple[int, int], frames: int) -> None:
        self.path, self.size, self.frames = path, size, frames
        info = MediaInfo.parse(path)
        self.general, self.videos, self.sounds = info.general_tracks[0], info.video_tracks, info.audio_tracks
        self.video, self.sound = self.videos[0], self.sounds[0]
        self.pictures = next(track for track in boxes.tracks(path) if track.kind == b"vide")

    @cached_property
    def level(self) -> dict[str, str]:
        """Return the loudness, measured by FFmpeg's own filter."""
        measure = ["-vn", "-af", "loudnorm=print_format=json", "-f", "null", "-"]
        said = "\n".join(run_ffmpeg("-v", "info", *build_ffmpeg_input_from_file_path(self.path, "mov"), *measure).lines)
        found: dict[str, str] = json.loads(said[said.rindex("{") : said.rindex("}") + 1])
        return found


def _about(found: object, wanted: float, most: float) -> bool:
    return abs(float(str(found)) - wanted) <= most


CHECKS: Mapping[str, Callable[[Film], bool]] = {
    "one picture and one sound in an MP4": lambda film: (
        film.general.codec_id == "mp42" and len(film.videos) == len(film.sounds) == 1
    ),
    "index before what it is of": lambda film: film.general.isstreamable == "Yes",
    "H.264 High at level 4.0 or less": lambda film: (
        film.video.format == "AVC"
        and film.video.format_profile.startswith("High@L")
        and float(film.video.format_profile.split("@L")[1]) <= 4.0
    ),
    "8 bits, 4:2:0, progressive": lambda film: (
        (film.video.bit_depth, film.video.chroma_subsampling, film.video.scan_type) == (8, "4:2:0", "Progressive")
    ),
    "colors of bt709 in the narrow range": lambda film: (
        {film.video.color_primaries, film.video.transfer_characteristics, film.video.matrix_coefficients} == {"BT.709"}
        and film.video.color_range == "Limited"
    ),
    "no edit list, and colors in the index": lambda film: (
        not boxes.names(film.path) & {b"edts", b"ctts"} and boxes.has_color_box(film.path)
    ),
    "its size, upright, square pixels": lambda film: (
        (film.video.width, film.video.height) == film.size
        and _about(film.video.pixel_aspect_ratio, 1, 0.001)
        and _about(film.video.rotation or 0, 0, 0)
    ),
    "the same time for each picture": lambda film: (
        len(set(film.pictures.deltas)) == 1 and _about(film.video.frame_rate, RATE, 0.001)
    ),
    "closed groups of pictures": lambda film: all(boxes.opened_anew(film.path, film.pictures)),
    "a key picture in every two seconds": lambda film: max(after - before for before, after in _gaps(film)) <= 2 * RATE,
    "AAC-LC at 48 kHz in stereo": lambda film: (
        (film.sound.format, film.sound.format_additionalfeatures) == ("AAC", "LC")
        and (film.sound.sampling_rate, film.sound.channel_s) == (48_000, 2)
    ),
    "all pictures, and sound as long as they are": lambda film: (
        int(film.video.frame_count) == film.frames
        and _about(film.sound.duration, film.frames * 1000 / RATE, 50)
        and _about(film.video.duration, film.frames * 1000 / RATE, 1)
    ),
    "loudness of -14 LUFS": lambda film: _about(film.level["input_i"], -14, 0.6),
    "peaks of -1.3 dB at most": lambda film: float(film.level["input_tp"]) <= -1.3,
    "nothing of who made it and when": lambda film: (
        not any(track.encoded_date or track.tagged_date for track in (film.general, film.video, film.sound))
        and not film.general.writing_application
    ),
}


def _gaps(film: Film) -> list[tuple[int, int]]:
    starts = [*film.pictures.syncs, len(film.pictures.deltas) + 1]
    return list(pairwise(starts)) if starts[0] == 1 else [(0, 10_000)]


def faults(film: Film) -> list[str]:
    return [name for name, holds in CHECKS.items() if not holds(film)]
