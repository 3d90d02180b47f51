"""Attention: the position of a clip's subject, by edges, motion and skin; and its shot changes."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from PIL import Image

from generation.attention import (
    EDGE_ATTENTION_WEIGHT,
    LUMA_WEIGHTS,
    SKIN_ATTENTION_WEIGHT,
    FloatPicture,
    exceed_twice_median,
    find_skin_colored_pixels,
    measure_edges,
)
from generation.remix.clip import ProbedClip, decode_clip_by_ffmpeg
from generation.remix.cut import OUTPUT_VIDEO_FPS, ClipPart

#: Columns of an analyzed frame.
ANALYZED_FRAME_WIDTH_PX = 160
#: Frames from one sample to the next.
ATTENTION_SAMPLE_INTERVAL_FRAMES = 10
_MOTION_ATTENTION_WEIGHT = 1.4
#: Mean change of a pixel between two frames at a shot change.
_MIN_SHOT_CHANGE_LUMA_DIFFERENCE = 26.0


#: Columns and rows of a sample's grid.
ATTENTION_GRID_SIZE = (32, 48)


class VideoAttention(NamedTuple):
    """Attention of each column at each sample, the frames of shot changes, and a grid of each sample."""

    columns: FloatPicture
    shots: list[int]
    grids: tuple[FloatPicture, ...] = ()


def measure_video_attention(clip: ProbedClip, part: ClipPart) -> VideoAttention:
    """Return how much each place of a clip's part draws attention, in each tenth frame, and the shot changes.

    All frames are compared to find shot changes. Raises `ClipRefused` and `GenerationError`.
    """
    rows = max(2, round(ANALYZED_FRAME_WIDTH_PX * clip.height / clip.width))
    before: FloatPicture | None = None
    last_sample: FloatPicture | None = None
    samples: list[FloatPicture] = []
    grids: list[FloatPicture] = []
    shots: list[int] = []
    for number, frame in enumerate(_decode_analyzed_frames(clip, part, rows)):
        luma = frame @ LUMA_WEIGHTS
        if before is not None and float(np.abs(luma - before).mean()) > _MIN_SHOT_CHANGE_LUMA_DIFFERENCE:
            shots.append(number)
            last_sample = None
        if number % ATTENTION_SAMPLE_INTERVAL_FRAMES == 0:
            places, columns = measure_frame_attention(frame, luma, luma if last_sample is None else last_sample)
            samples.append(columns)
            grids.append(_shrink_to_grid(places))
            last_sample = luma
        before = luma
    columns_of_samples = np.array(samples, np.float32).reshape(-1, ANALYZED_FRAME_WIDTH_PX)
    return VideoAttention(columns_of_samples, shots, tuple(grids))


def _decode_analyzed_frames(clip: ProbedClip, part: ClipPart, rows: int) -> Iterator[FloatPicture]:
    small = f"scale={ANALYZED_FRAME_WIDTH_PX}:{rows}:flags=area,fps={OUTPUT_VIDEO_FPS},format=rgb24"
    shape = ["-map", "0:V:0", "-vf", small, "-f", "rawvideo", "-"]
    # Skip the decoder's deblocking filter: these frames are not displayed.
    source = ["-skip_loop_filter", "all", *clip.ffmpeg_input_arguments(part.start, part.seconds)]
    for data in decode_clip_by_ffmpeg(ANALYZED_FRAME_WIDTH_PX * rows * 3, *source, *shape):
        yield np.frombuffer(data, np.uint8).reshape(rows, ANALYZED_FRAME_WIDTH_PX, 3).astype(np.float32)


def measure_frame_attention(
    frame: FloatPicture, luma: FloatPicture, before: FloatPicture
) -> tuple[FloatPicture, FloatPicture]:
    """Return how much each pixel, and each column, of a frame draws attention, by edges, motion and skin.

    Only the excess over most of the frame counts, so that grain has no effect.
    """
    edges = exceed_twice_median(measure_edges(luma))
    weighed = EDGE_ATTENTION_WEIGHT * edges + _MOTION_ATTENTION_WEIGHT * exceed_twice_median(np.abs(luma - before))
    skin = find_skin_colored_pixels(frame).astype(np.float32)
    skin_of_columns = skin.mean(axis=0)
    columns = weighed.mean(axis=0) + SKIN_ATTENTION_WEIGHT * np.maximum(0, skin_of_columns - skin.mean())
    places = weighed + SKIN_ATTENTION_WEIGHT * np.maximum(0, skin - skin.mean())
    return np.asarray(places, np.float32), np.asarray(columns, np.float32)


def _shrink_to_grid(places: FloatPicture) -> FloatPicture:
    return np.asarray(Image.fromarray(places).resize(ATTENTION_GRID_SIZE, Image.Resampling.BOX), np.float32)
