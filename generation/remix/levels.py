"""Levels: the loudness of a clip over time, and its speech."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from generation.copy.captions import ClipTimeSpan

SoundSamples: TypeAlias = npt.NDArray[np.float64]
LoudnessLevels: TypeAlias = npt.NDArray[np.float64]

#: Milliseconds of one level.
LOUDNESS_STEP_MS = 50
#: Speech is at most so much below the loud level.
SPEECH_RANGE_BELOW_LOUD_DB = 18.0
#: A level that is never speech.
MAX_SILENCE_DB = -55.0
MIN_SPEECH_PAUSE_MS = 450
MIN_SPEECH_MS = 150
#: A word begins before it is loud, and fades after.
SPEECH_MARGIN_MS = 80


def measure_loudness_levels(samples: SoundSamples, rate: int) -> LoudnessLevels:
    """Return a sound's level in each step of 50 ms, in dB relative to full scale; the samples are between -1 and 1."""
    length = rate * LOUDNESS_STEP_MS // 1_000
    steps = samples[: len(samples) // length * length].reshape(-1, length)
    power = np.maximum((steps**2).mean(axis=1), 1e-12)
    return np.asarray(10 * np.log10(power), np.float64)


def detect_speech_spans(loudness: LoudnessLevels, seconds: float) -> list[ClipTimeSpan]:
    """Return a clip's spans of speech, by loudness: 150 ms or more, parted by 450 ms or more; empty if silent."""
    if not len(loudness):
        return []
    loud = float(np.percentile(loudness, 95))
    if loud <= MAX_SILENCE_DB:
        return []
    spans = _join_loud_spans(_loud_intervals(loudness > max(MAX_SILENCE_DB, loud - SPEECH_RANGE_BELOW_LOUD_DB)))
    end = round(seconds * 1_000)
    long = (one for one in spans if one.end - one.start >= MIN_SPEECH_MS and one.start < end)
    return [
        ClipTimeSpan(start=max(0, one.start - SPEECH_MARGIN_MS), end=min(end, one.end + SPEECH_MARGIN_MS))
        for one in long
    ]


def _loud_intervals(is_loud: "npt.NDArray[np.bool_]") -> Iterator[ClipTimeSpan]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], is_loud, [False]))))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        yield ClipTimeSpan(start=int(start) * LOUDNESS_STEP_MS, end=int(end) * LOUDNESS_STEP_MS)


def _join_loud_spans(spans: Iterator[ClipTimeSpan]) -> Sequence[ClipTimeSpan]:
    """Return spans of loud sound, joined where no pause of 450 ms separates them."""
    joined: list[ClipTimeSpan] = []
    for one in spans:
        if joined and one.start - joined[-1].end < MIN_SPEECH_PAUSE_MS:
            joined[-1] = ClipTimeSpan(start=joined[-1].start, end=one.end)
        else:
            joined.append(one)
    return joined
