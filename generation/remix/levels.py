"""Levels: the loudness of a clip over time, and its speech."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from generation.words.captions import Span

Samples: TypeAlias = npt.NDArray[np.float64]
Levels: TypeAlias = npt.NDArray[np.float64]

#: Milliseconds of one level.
STEP_MS = 50
#: In dB: speech is at most so much below the loud level, and never as low as the absolute limit.
BELOW_LOUD, SILENT = 18.0, -55.0
#: Minimum milliseconds of a pause and of speech, and the margin around speech.
LEAST_PAUSE, LEAST_SPEECH, ATTACK = 450, 150, 80


def levels(samples: Samples, rate: int) -> Levels:
    """Return the level of each step in dB below full scale, for samples between -1 and 1."""
    length = rate * STEP_MS // 1_000
    steps = samples[: len(samples) // length * length].reshape(-1, length)
    power = np.maximum((steps**2).mean(axis=1), 1e-12)
    return np.asarray(10 * np.log10(power), np.float64)


def speech(heard: Levels, seconds: float) -> list[Span]:
    """Return the spans of speech in order, with pauses between; empty for a silent clip."""
    if not len(heard):
        return []
    loud = float(np.percentile(heard, 95))
    if loud <= SILENT:
        return []
    spans = _joined(_runs(heard > max(SILENT, loud - BELOW_LOUD)))
    end = round(seconds * 1_000)
    long = (one for one in spans if one.end - one.start >= LEAST_SPEECH and one.start < end)
    return [Span(start=max(0, one.start - ATTACK), end=min(end, one.end + ATTACK)) for one in long]


def _runs(is_loud: "npt.NDArray[np.bool_]") -> Iterator[Span]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], is_loud, [False]))))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        yield Span(start=int(start) * STEP_MS, end=int(end) * STEP_MS)


def _joined(spans: Iterator[Span]) -> Sequence[Span]:
    """Join spans without a pause between them."""
    joined: list[Span] = []
    for one in spans:
        if joined and one.start - joined[-1].end < LEAST_PAUSE:
            joined[-1] = Span(start=joined[-1].start, end=one.end)
        else:
            joined.append(one)
    return joined
