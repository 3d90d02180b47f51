"""Music bed of a video: chords, bass, plucks and drums by a seed, synchronized with its cuts."""

import math
from collections.abc import Sequence

import numpy as np

from generation.seeds import between, chance
from generation.sound.synthesis import (
    RATE,
    Stereo,
    Wave,
    add_reverb,
    bass,
    fade,
    highpass,
    hiss,
    kick,
    lowpass,
    pluck,
    sample_times,
    soft_saw,
    white,
)
from generation.timing import BEAT_S

#: Scale degrees of four successive bars: well-known chord progressions.
_PROGRESSIONS = ((0, 5, 3, 4), (0, 3, 5, 4), (5, 3, 0, 4), (0, 4, 5, 3))
_ROOTS = (57, 59, 60, 62, 64)
_SCALE = (0, 2, 4, 5, 7, 9, 11)
#: Chord notes of the eight plucks of a bar.
_PATTERNS = (
    (0, 2, 1, 3, 2, 1, 0, 2),
    (2, 0, 3, 1, 0, 2, 1, 2),
    (0, 1, 2, 3, 1, 2, 0, 1),
    (1, 3, 0, 2, 2, 0, 1, 3),
)
_BAR = 4 * BEAT_S
#: Seconds for the decay of the last notes.
_TAIL_S = 3.0
_FADE_OUT_S = 0.9
#: Beats until the drums have full volume.
_INTRO = 2


class _Track:
    """Samples of one instrument group over the length of the bed."""

    def __init__(self, seconds: float) -> None:
        self.sound: Stereo = np.zeros((2, round((seconds + _TAIL_S) * RATE)))

    def add(self, at: float, wave: Wave, gain: float, *, side: float = 0.0) -> None:
        """Mix in a wave; `side` pans from left at -1 to right at 1."""
        start = round(at * RATE)
        part = wave[: max(0, self.sound.shape[1] - start)] * gain * math.sqrt(2)
        for row, share in enumerate((math.cos((side + 1) * math.pi / 4), math.sin((side + 1) * math.pi / 4))):
            self.sound[row, start : start + len(part)] += part * share


def bed(seconds: float, seed: str, cuts: Sequence[float]) -> Stereo:
    """Compose the music with a fade-out at its end."""
    chords, plucks, low, drums = (_Track(seconds) for _ in range(4))
    for bar in range(math.ceil(seconds / _BAR)):
        at, keys = bar * _BAR, _chord(seed, bar)
        _chords(chords, at, keys, f"{seed}/{bar}")
        _plucks(plucks, at, keys, seed)
        for beats in (0, 1.5, 2.5):
            low.add(at + beats * BEAT_S, bass(keys[0] - 24, 0.84 * BEAT_S), 0.26)
        _drums(drums, at, f"{seed}/{bar}")
    drums.sound[:, : round(_INTRO * BEAT_S * RATE)] *= 0.2
    for cut in cuts:
        _whoosh(drums, cut, f"{seed}/{cut}")
    push = _sidechain_gain(drums.sound.shape[1])
    mixed = chords.sound * push + plucks.sound * (0.35 + 0.65 * push) + low.sound * push + drums.sound
    reverberated = add_reverb(mixed[:, : round(seconds * RATE)], seed)
    return np.array([fade(wave, 0.01, _FADE_OUT_S) for wave in np.tanh(reverberated * 1.1)])


def _chord(seed: str, bar: int) -> list[int]:
    """Return the four keys of a bar's chord: with a seventh on degrees 0 and 3, else with an octave."""
    root = _ROOTS[int(chance(seed, "root") * len(_ROOTS))]
    degree = _PROGRESSIONS[int(chance(seed, "progression") * len(_PROGRESSIONS))][bar % 4]
    steps = (0, 2, 4, 6 if degree in {0, 3} else 7)
    return [root + _SCALE[(degree + step) % 7] + 12 * ((degree + step) // 7) for step in steps]


def _chords(track: _Track, at: float, keys: Sequence[int], seed: str) -> None:
    """Play each key twice, slightly detuned and panned apart."""
    for key in keys:
        for apart, side in ((-0.06, -0.6), (0.05, 0.6)):
            phase = between(0, 6, seed, f"phase {key} {side}")
            tone = soft_saw(key + apart, _BAR * 1.08, phase)
            track.add(at, fade(tone, 0.25, 0.5), 0.055, side=side)


def _plucks(track: _Track, at: float, keys: Sequence[int], seed: str) -> None:
    pattern = _PATTERNS[int(chance(seed, "pattern") * len(_PATTERNS))]
    for number, note in enumerate(pattern):
        is_off = number % 2
        track.add(
            at + number * BEAT_S / 2,
            pluck(keys[note] + 12, 0.5),
            0.16 if is_off else 0.2,
            side=-0.4 if is_off else 0.4,
        )


def _drums(track: _Track, at: float, seed: str) -> None:
    for beat in range(4):
        track.add(at + beat * BEAT_S, kick(), 0.62)
        if beat % 2:
            track.add(at + beat * BEAT_S, hiss(f"{seed} snare {beat}", 0.2, 1_400, 26), 0.19)
    for number in range(8):
        tick = hiss(f"{seed} tick {number}", 0.06, 7_000, 85)
        track.add(at + number * BEAT_S / 2, tick, 0.095 if number % 2 else 0.05, side=0.25)


def _whoosh(track: _Track, cut: float, seed: str) -> None:
    """Add noise that swells up to a cut."""
    at = sample_times(BEAT_S)
    swelling = white(seed, len(at)) * (at / BEAT_S) ** 3
    track.add(cut - BEAT_S, highpass(lowpass(swelling, 5_200), 500), 0.17)


def _sidechain_gain(count: int) -> Wave:
    """Return the sidechain gain: all other instruments duck at each beat of the drum."""
    beat = 1 - 0.5 * np.exp(-9 * sample_times(BEAT_S))
    return np.tile(beat, math.ceil(count / len(beat)))[:count]
