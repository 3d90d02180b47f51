"""Clip: the properties of a partner's file that a remix needs, measured from its frames."""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from generation import ffmpeg
from generation.copy.captions import ClipTimeSpan
from generation.remix import boxes, levels
from schemas.errors import ClipRefused, GenerationError

#: Seconds of a clip to analyze; later parts are never shown.
MAX_ANALYZED_CLIP_S = 90
#: Sample rate for speech detection.
_SPEECH_DETECTION_SAMPLE_RATE_HZ = 4_000

#: CPU seconds to probe a clip.
_MAX_CLIP_PROBE_CPU_S = 6
#: CPU seconds to decode a clip's part.
_MAX_CLIP_DECODE_CPU_S = 150
#: Address space, of which the program itself takes 200 MiB.
_MAX_CLIP_DECODER_MEMORY_BYTES = 768 << 20
#: Failures caused by the clip.
_CLIP_REFUSAL_CODE_BY_ERROR_CODE = {
    "FFMPEG_FAILED": "CLIP_UNREADABLE",
    "INPUT_DAMAGED": "CLIP_DAMAGED",
    "INPUT_TOO_COSTLY": "CLIP_TOO_COSTLY",
    "OUT_OF_MEMORY": "CLIP_TOO_COSTLY",
}
_CLIP_PROBE_LIMITS = ffmpeg.FfmpegLimits(_MAX_CLIP_PROBE_CPU_S, _MAX_CLIP_DECODER_MEMORY_BYTES)

_FFMPEG_FRAME_PATTERN = re.compile(r"\[Parsed_showinfo_.{1,40}\] n: +0 .* sar:(\d+)/(\d+) s:(\d+)x(\d+) i:([PTB?])")
_FFMPEG_COLOR_PATTERN = re.compile(
    r"\[Parsed_showinfo_.{1,40}\] color_range:(\S+) color_space:(\S+) color_primaries:(\S+) color_trc:(\S+)"
)
_FFMPEG_PROGRESS_PATTERN = re.compile(rb"out_time_us=(\d+)")
#: HDR transfers: PQ and HLG.
HDR_TRANSFER_CHARACTERISTICS = frozenset({"smpte2084", "arib-std-b67"})
#: HDR reference white in cd/m2 (ITU-R BT.2408), and the conversion to SDR by the `mobius` tone curve.
_SDR_CONVERSION_FILTER = (
    "t=linear:npl=203,format=gbrpf32le,zscale=p=bt709,tonemap=tonemap=mobius:param=0.3:desat=0,"
    "zscale=t=bt709:m=bt709:r=tv,format=yuv420p"
)


class ProbedClip(NamedTuple):
    """A clip as displayed: upright and in square pixels. Its own `columns` may be wider or narrower.

    `scanned` is its analyzed length in seconds, `speech` are the spans with speech in it, `seconds` is its
    whole length.
    """

    path: Path
    width: int
    height: int
    columns: int
    scanned: float
    seconds: float
    has_sound: bool
    speech: list[ClipTimeSpan]
    is_interlaced: bool = False
    space: str = "unknown"
    transfer: str = "unknown"

    def ffmpeg_input_arguments(self, start: float = 0.0, seconds: float = MAX_ANALYZED_CLIP_S) -> list[str]:
        """Return FFmpeg arguments that read a part of the clip: `seconds` from `start` on."""
        return build_ffmpeg_input_from_video_part(self.path, start, seconds)

    def estimate_speech_spans(self) -> list[ClipTimeSpan]:
        """Return the spans of speech of the whole clip, in order.

        The unanalyzed rest is assumed to have the same share of speech. Without detected speech, as under loud music,
        the whole clip is one span.
        """
        scanned, seconds = round(self.scanned * 1_000), self.seconds * 1_000
        speech = self.speech or [ClipTimeSpan(start=0, end=scanned)]
        speech_share = sum(one.end - one.start for one in speech) / scanned
        beyond = round((seconds - scanned) * speech_share)
        later = [ClipTimeSpan(start=scanned, end=scanned + beyond)] if beyond > 0 else []
        return [*speech, *later]


def read_transfer_characteristic(result: ffmpeg.FfmpegResult) -> str:
    """Return the first frame's color transfer characteristic in the output of FFmpeg's `showinfo`, else `unknown`."""
    match = next(filter(None, map(_FFMPEG_COLOR_PATTERN.match, result.lines)), None)
    return match[4] if match else "unknown"


def build_ffmpeg_input_from_video_part(path: Path, start: float, seconds: float = MAX_ANALYZED_CLIP_S) -> list[str]:
    """Return FFmpeg arguments that read a part of an untrusted video file: `seconds` from `start` on."""
    part = ["-ss", f"{start:.4f}", "-t", f"{seconds:.4f}"]
    return ffmpeg.build_ffmpeg_input_from_file_path(
        path, "mov", *part, "-threads", "1", "-max_pixels", str(boxes.MAX_CLIP_PIXELS)
    )


def probe_clip(path: Path) -> ProbedClip:
    """Return an untrusted clip's measured properties: size, length, color, sound and spans of speech.

    Raises `GenerationError`, and `ClipRefused`, for example if not even its beginning can be decoded.
    """
    index = boxes.check_mp4_boxes(path, boxes.MIN_REMIX_CLIP_SIDE_AND_SECONDS)
    clip = ProbedClip(path, 0, 0, 0, MAX_ANALYZED_CLIP_S, index.seconds, index.has_sound, [])
    probed = _probe_size_and_color(clip)
    scanned = _measure_analyzed_picture_seconds(clip)
    if scanned < boxes.MIN_REMIX_CLIP_SIDE_AND_SECONDS.seconds:
        raise boxes.short_clip_refusal(scanned)
    loudness = _measure_clip_sound_levels(probed)
    return probed._replace(
        scanned=scanned,
        seconds=max(index.seconds, scanned),
        has_sound=loudness is not None,
        speech=levels.detect_speech_spans(loudness, scanned) if loudness is not None else [],
    )


def _probe_size_and_color(clip: ProbedClip) -> ProbedClip:
    """Return the clip with size and color of its first frame, rotated upright by the decoder.

    Raises `ClipRefused` without a decodable frame, or for a size outside the limits.
    """
    shape = "-v info -map 0:V:0 -frames:v 1 -vf showinfo -f null -".split()
    result = probe_clip_with_ffmpeg(*clip.ffmpeg_input_arguments(), *shape)
    frame = next(filter(None, map(_FFMPEG_FRAME_PATTERN.match, result.lines)), None)
    color = next(filter(None, map(_FFMPEG_COLOR_PATTERN.match, result.lines)), None)
    if frame is None or color is None:
        raise ClipRefused("CLIP_UNREADABLE", "the clip has no frame that can be decoded")
    across, down, width, height = map(int, frame.groups()[:4])
    boxes.check_clip_picture_size(width, height, boxes.MIN_REMIX_CLIP_SIDE_AND_SECONDS.side)
    pixel = across / down if across and down and 0.25 <= across / down <= 4 else 1.0
    return clip._replace(
        width=round(width * pixel),
        height=height,
        columns=width,
        is_interlaced=frame[5] in "TB",
        space=color[2],
        transfer=color[4],
    )


def _measure_analyzed_picture_seconds(clip: ProbedClip) -> float:
    """Return the seconds of picture in a clip's analyzed part, by its packets, since headers are untrusted."""
    arguments = ["-map", "0:V:0", "-c", "copy", "-f", "null", "-progress", "pipe:1", "-"]
    times = _FFMPEG_PROGRESS_PATTERN.findall(probe_clip_with_ffmpeg(*clip.ffmpeg_input_arguments(), *arguments).stdout)
    return min(float(MAX_ANALYZED_CLIP_S), int(times[-1]) / 1e6) if times else 0.0


def _measure_clip_sound_levels(clip: ProbedClip) -> "levels.LoudnessLevels | None":
    """Return the loudness levels of a clip over time; None without sound, or if the sound can't be decoded."""
    if not clip.has_sound:
        return None
    shape = ["-map", "0:a:0", "-ac", "1", "-ar", str(_SPEECH_DETECTION_SAMPLE_RATE_HZ), "-f", "s16le", "-"]
    try:
        answer = ffmpeg.run_ffmpeg(*clip.ffmpeg_input_arguments(), *shape, bounds=_CLIP_PROBE_LIMITS).stdout
    except GenerationError:
        return None
    samples = np.frombuffer(answer[: len(answer) // 2 * 2], "<i2")
    return levels.measure_loudness_levels(samples.astype(np.float64) / 32_768, _SPEECH_DETECTION_SAMPLE_RATE_HZ)


def probe_clip_with_ffmpeg(*arguments: str) -> ffmpeg.FfmpegResult:
    """Run FFmpeg on a clip within the probing limits; return its result. Raises `ClipRefused`, `GenerationError`."""
    try:
        return ffmpeg.run_ffmpeg(*arguments, bounds=_CLIP_PROBE_LIMITS)
    except GenerationError as error:
        raise _clip_refusal_of_error(error) from None


def decode_clip_by_ffmpeg(size: int, *arguments: str, complaints: float = math.inf) -> Iterator[bytes]:
    """Yield chunks of `size` bytes that FFmpeg decodes from a clip. Raises `ClipRefused`, `GenerationError`.

    More than `complaints` lines of decoder errors refuse the clip as damaged.
    """
    try:
        yield from ffmpeg.stream_ffmpeg_output(
            size,
            *arguments,
            bounds=ffmpeg.FfmpegLimits(_MAX_CLIP_DECODE_CPU_S, _MAX_CLIP_DECODER_MEMORY_BYTES, complaints),
        )
    except GenerationError as error:
        raise _clip_refusal_of_error(error) from None


def _clip_refusal_of_error(error: GenerationError) -> GenerationError:
    """Return the refusal of a clip that an FFmpeg error stands for, or the error itself if the clip didn't cause it."""
    if error.code not in _CLIP_REFUSAL_CODE_BY_ERROR_CODE:
        return error
    return ClipRefused(_CLIP_REFUSAL_CODE_BY_ERROR_CODE[error.code], f"the clip can't be decoded: {error.message}")


def hdr_to_sdr_video_filters(transfer: str) -> list[str]:
    """Return FFmpeg filters that convert HDR with this transfer to SDR; an empty list for SDR.

    Apply them after scaling, since each pixel costs CPU. The picture must have even sides.
    """
    source = f"tin={transfer}:pin=bt2020:min=bt2020nc:rin=tv"
    return [f"zscale={source}:{_SDR_CONVERSION_FILTER}"] if transfer in HDR_TRANSFER_CHARACTERISTICS else []
