"""Framing: fits a clip of any shape into 1080 x 1920, as an FFmpeg filter graph."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image

from generation.attention import FloatPicture
from generation.frame import PICTURE_SIZE_AND_SAFE_ZONE_BY_ASPECT
from generation.remix.attention import ATTENTION_GRID_SIZE, ATTENTION_SAMPLE_INTERVAL_FRAMES, measure_video_attention
from generation.remix.clip import ProbedClip, hdr_to_sdr_video_filters
from generation.remix.cut import OUTPUT_VIDEO_FPS, ClipPart
from generation.remix.pan import CropPath, find_crop_path

REMIX_FRAME_WIDTH_PX, REMIX_FRAME_HEIGHT_PX = PICTURE_SIZE_AND_SAFE_ZONE_BY_ASPECT["9:16"].size
#: Aspect ratio up to which a clip is cropped to its middle.
MAX_UPRIGHT_CLIP_WIDTH_TO_HEIGHT = 0.75
#: Aspect ratio from which on a clip is never cropped.
MIN_UNCROPPED_CLIP_WIDTH_TO_HEIGHT = 2.4
#: Maximum height of a clip inside a blurred frame, in pixels.
_MAX_FRAMED_CLIP_HEIGHT_PX = 1500
#: Its offset above the middle, in pixels.
_FRAMED_CLIP_RISE_ABOVE_MIDDLE_PX = 120
#: Downscaling factor of the blurred frame.
_BLURRED_FRAME_DOWNSCALE = 4
#: Extra columns of the coarse crop, so that the fine crop can be placed between two columns.
_SPARE_CROP_COLUMNS = 4
_RGB_OUTPUT_FILTERS = "setsar=1,format=rgb24"


class ClipFraming(NamedTuple):
    """An FFmpeg filter graph from a clip to a post, the rows that the clip covers, and the path of its crop.

    `row_attention` has a row for each sample: the shares of attention of equal bands of the post, from its top.
    It is empty for a clip in a frame.
    """

    graph: str
    covered: range = range(REMIX_FRAME_HEIGHT_PX)
    path: CropPath | None = None
    row_attention: tuple[FloatPicture, ...] = ()

    @property
    def ffmpeg_arguments(self) -> list[str]:
        return ["-filter_complex", f"[0:V:0]{self.graph}[out]", "-map", "[out]"]


def choose_clip_framing(clip: ProbedClip, part: ClipPart) -> ClipFraming:
    """Return the FFmpeg filters that fit a clip into 9:16: an upright one by its middle, a wide one by its subject.

    A panorama, or a wide clip without a clear subject, is set into a blurred frame. Raises `ClipRefused`.
    """
    shape = clip.width / clip.height
    if shape >= MIN_UNCROPPED_CLIP_WIDTH_TO_HEIGHT:
        return build_blurred_clip_framing(clip)
    attention = measure_video_attention(clip, part)
    if shape <= MAX_UPRIGHT_CLIP_WIDTH_TO_HEIGHT:
        filters = [
            *_deinterlace_fps_and_color_filters(clip),
            *_scale_to_cover_filters(clip, (REMIX_FRAME_WIDTH_PX, REMIX_FRAME_HEIGHT_PX)),
            _RGB_OUTPUT_FILTERS,
        ]
        return ClipFraming(",".join(filters), row_attention=_row_attention_of_middle(attention.grids, shape))
    window = REMIX_FRAME_WIDTH_PX / REMIX_FRAME_HEIGHT_PX / shape
    path = find_crop_path(attention, window, part.frames)
    if path is None:
        return build_blurred_clip_framing(clip)
    return build_panned_clip_framing(clip, path)._replace(
        row_attention=_row_attention_of_path(attention.grids, path, window)
    )


def _row_attention_of_middle(grids: Sequence[FloatPicture], shape: float) -> tuple[FloatPicture, ...]:
    """Return each sample's attention by bands of a post that shows the middle of an upright clip."""
    post_shape = REMIX_FRAME_WIDTH_PX / REMIX_FRAME_HEIGHT_PX
    beside, above = max(0.0, 1 - post_shape / shape) / 2, max(0.0, 1 - shape / post_shape) / 2
    return tuple(_share_by_bands(grid, (beside, above, 1 - beside, 1 - above)) for grid in grids)


def _row_attention_of_path(grids: Sequence[FloatPicture], path: CropPath, window: float) -> tuple[FloatPicture, ...]:
    """Return each sample's attention by bands of a post that shows a crop on its path."""
    lefts = [path.left_edge_at_frame(number * ATTENTION_SAMPLE_INTERVAL_FRAMES) for number in range(len(grids))]
    return tuple(
        _share_by_bands(grid, (left, 0.0, min(1.0, left + window), 1.0))
        for grid, left in zip(grids, lefts, strict=True)
    )


def _share_by_bands(grid: FloatPicture, visible: tuple[float, float, float, float]) -> FloatPicture:
    """Return the shares of attention of 48 equal bands within the visible part of a grid; equal ones without any."""
    columns, rows = ATTENTION_GRID_SIZE
    left, top, right, bottom = visible
    box = (left * columns, top * rows, right * columns, bottom * rows)
    bands = np.asarray(Image.fromarray(grid).resize((1, rows), Image.Resampling.BOX, box=box), np.float32)[:, 0]
    total = float(bands.sum())
    return np.asarray(bands / total if total > 0 else np.full(rows, 1 / rows), np.float32)


def _deinterlace_fps_and_color_filters(clip: ProbedClip) -> list[str]:
    """Return FFmpeg filters that make a clip's frames progressive, thirty a second, in a known color space."""
    space = clip.space if clip.space != "unknown" else ("bt709" if clip.height >= 720 else "smpte170m")
    whole = ["bwdif=mode=send_frame"] if clip.is_interlaced else []
    return [*whole, f"fps={OUTPUT_VIDEO_FPS}", f"setparams=colorspace={space}"]


def _scale_to_cover_filters(clip: ProbedClip, size: tuple[int, int]) -> list[str]:
    scale = max(size[0] / clip.width, size[1] / clip.height)
    wide, high = (
        max(side, _round_to_even(of * scale)) for side, of in zip(size, (clip.width, clip.height), strict=True)
    )
    return [f"scale={wide}:{high}:flags=bicubic", f"crop={size[0]}:{size[1]}", *hdr_to_sdr_video_filters(clip.transfer)]


def build_panned_clip_framing(clip: ProbedClip, path: CropPath) -> ClipFraming:
    """Return the FFmpeg filters that crop a wide clip to its subject, along a path.

    They crop by whole columns of the clip first, then by whole columns of the post, which are finer.
    """
    scale = REMIX_FRAME_HEIGHT_PX / clip.height * clip.width / clip.columns
    visible = REMIX_FRAME_WIDTH_PX / scale
    crop_columns = min(clip.columns // 2 * 2, 2 * math.ceil(visible / 2) + _SPARE_CROP_COLUMNS)
    wide = max(REMIX_FRAME_WIDTH_PX, _round_to_even(crop_columns * scale))
    place = f"clip({clip.columns}*({pan_path_expression(path)}),0,{clip.columns - visible:.4f})"
    coarse = f"min({clip.columns - crop_columns},floor({place}/2)*2)"
    filters = [
        f"crop={crop_columns}:ih:'{coarse}':0",
        f"scale={wide}:{REMIX_FRAME_HEIGHT_PX}:flags=bicubic",
        *hdr_to_sdr_video_filters(clip.transfer),
        (
            f"crop={REMIX_FRAME_WIDTH_PX}:{REMIX_FRAME_HEIGHT_PX}:"
            f"'min({wide - REMIX_FRAME_WIDTH_PX},round(({place}-{coarse})*{scale:.6f}))':0:exact=1"
        ),
    ]
    return ClipFraming(",".join([*_deinterlace_fps_and_color_filters(clip), *filters, _RGB_OUTPUT_FILTERS]), path=path)


def pan_path_expression(path: CropPath) -> str:
    """Return the left edge of a crop on its path at frame `n`, as an FFmpeg expression in widths of the clip."""
    terms, before = [f"{path.start:.5f}"], path.start
    for move in path.moves:
        share = f"clip((n-{move.first - 1})/{move.last - move.first + 1},0,1)"
        terms.append(f"({move.place - before:.5f})*{share}*{share}*(3-2*{share})")
        before = move.place
    return "+".join(terms)


def build_blurred_clip_framing(clip: ProbedClip) -> ClipFraming:
    """Return the FFmpeg filters that lay the whole clip over a blurred copy of itself."""
    scale = min(REMIX_FRAME_WIDTH_PX / clip.width, _MAX_FRAMED_CLIP_HEIGHT_PX / clip.height)
    wide = min(REMIX_FRAME_WIDTH_PX, _round_to_even(clip.width * scale))
    high = min(_MAX_FRAMED_CLIP_HEIGHT_PX, _round_to_even(clip.height * scale))
    small = (REMIX_FRAME_WIDTH_PX // _BLURRED_FRAME_DOWNSCALE, REMIX_FRAME_HEIGHT_PX // _BLURRED_FRAME_DOWNSCALE)
    behind = [
        *_scale_to_cover_filters(clip, small),
        "gblur=sigma=14",
        "eq=brightness=-0.1:saturation=1.15",
        f"scale={REMIX_FRAME_WIDTH_PX}:{REMIX_FRAME_HEIGHT_PX}:flags=bilinear",
    ]
    front = [f"scale={wide}:{high}:flags=bicubic", *hdr_to_sdr_video_filters(clip.transfer)]
    top = (REMIX_FRAME_HEIGHT_PX - high) // 2 - _FRAMED_CLIP_RISE_ABOVE_MIDDLE_PX
    graph = (
        f"{','.join(_deinterlace_fps_and_color_filters(clip))},split[a][b];[a]{','.join(behind)}[behind];[b]{','.join(front)}[front];"
        f"[behind][front]overlay={(REMIX_FRAME_WIDTH_PX - wide) // 2}:{top},{_RGB_OUTPUT_FILTERS}"
    )
    return ClipFraming(graph, range(top, top + high))


def _round_to_even(side: float) -> int:
    return max(2, round(side / 2) * 2)
