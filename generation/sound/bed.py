"""Music bed of a video: chords, bass, plucks and drums by a seed, synchronized with its cuts."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from generation.seeds import seeded_pick, seeded_random_between
from generation.sound.synthesis import (
    SOUND_SAMPLE_RATE_HZ,
    MonoWave,
    StereoSound,
    add_room_reverb,
    bass_wave,
    decaying_noise_wave,
    fade_wave_in_and_out,
    highpass_filter,
    kick_drum_wave,
    lowpass_filter,
    pluck_wave,
    sample_times_s,
    seeded_white_noise,
    soft_saw_wave,
)
from generation.timing import MUSIC_BEAT_S

#: Scale degrees of four successive bars: well-known chord progressions.
_CHORD_PROGRESSIONS = ((0, 5, 3, 4), (0, 3, 5, 4), (5, 3, 0, 4), (0, 4, 5, 3))
_ROOT_MIDI_KEYS = (57, 59, 60, 62, 64)
_MAJOR_SCALE_STEPS = (0, 2, 4, 5, 7, 9, 11)
#: Chord notes of the eight plucks of a bar.
_PLUCK_NOTE_PATTERNS = (
    (0, 2, 1, 3, 2, 1, 0, 2),
    (2, 0, 3, 1, 0, 2, 1, 2),
    (0, 1, 2, 3, 1, 2, 0, 1),
    (1, 3, 0, 2, 2, 0, 1, 3),
)
#: Seconds for the decay of the last notes.
_NOTE_DECAY_TAIL_S = 3.0
_MUSIC_FADE_OUT_S = 0.9
#: Beats until the drums have full volume.
_QUIET_DRUM_INTRO_BEATS = 2


class MusicMood(NamedTuple):
    """Tempo and character of a music bed: seconds of a beat, which is a whole number of frames, and the drums' gain."""

    beat_s: float
    drum_gain: float

    @property
    def bar_s(self) -> float:
        return 4 * self.beat_s


#: 90 beats a minute, with soft drums.
CALM_MOOD = MusicMood(20 / 30, 0.35)
#: 120 beats a minute.
STEADY_MOOD = MusicMood(MUSIC_BEAT_S, 1.0)
#: 138 beats a minute.
LIVELY_MOOD = MusicMood(13 / 30, 1.1)


class _InstrumentTrack:
    """Samples of one instrument group over the length of the bed."""

    def __init__(self, seconds: float) -> None:
        self.sound: StereoSound = np.zeros((2, round((seconds + _NOTE_DECAY_TAIL_S) * SOUND_SAMPLE_RATE_HZ)))

    def add_wave(self, at: float, wave: MonoWave, gain: float, *, side: float = 0.0) -> None:
        """Mix a wave into the track from the second `at` on; `side` pans it from left at -1 to right at 1."""
        start = round(at * SOUND_SAMPLE_RATE_HZ)
        part = wave[: max(0, self.sound.shape[1] - start)] * gain * math.sqrt(2)
        for row, share in enumerate((math.cos((side + 1) * math.pi / 4), math.sin((side + 1) * math.pi / 4))):
            self.sound[row, start : start + len(part)] += part * share


def compose_music_bed(seconds: float, seed: str, cuts: Sequence[float], mood: MusicMood = STEADY_MOOD) -> StereoSound:
    """Return a video's music by a seed, with a noise that swells up to each cut, and a fade-out at its end."""
    chords, plucks, low, drums = (_InstrumentTrack(seconds) for _ in range(4))
    for bar in range(math.ceil(seconds / mood.bar_s)):
        at, keys = bar * mood.bar_s, _chord_midi_keys(seed, bar)
        _add_chords(chords, at, keys, f"{seed}/{bar}", mood)
        _add_plucks(plucks, at, keys, seed, mood)
        for beats in (0, 1.5, 2.5):
            low.add_wave(at + beats * mood.beat_s, bass_wave(keys[0] - 24, 0.84 * mood.beat_s), 0.26)
        _add_drums(drums, at, f"{seed}/{bar}", mood)
    drums.sound[:, : round(_QUIET_DRUM_INTRO_BEATS * mood.beat_s * SOUND_SAMPLE_RATE_HZ)] *= 0.2
    for cut in cuts:
        _add_cut_whoosh(drums, cut, f"{seed}/{cut}", mood)
    push = _drum_sidechain_gain(drums.sound.shape[1], mood)
    mixed = chords.sound * push + plucks.sound * (0.35 + 0.65 * push) + low.sound * push + drums.sound
    reverberated = add_room_reverb(mixed[:, : round(seconds * SOUND_SAMPLE_RATE_HZ)], seed)
    return np.array([fade_wave_in_and_out(wave, 0.01, _MUSIC_FADE_OUT_S) for wave in np.tanh(reverberated * 1.1)])


def _chord_midi_keys(seed: str, bar: int) -> list[int]:
    """Return the four MIDI keys of a bar's chord: with a seventh on degrees 0 and 3, else with an octave."""
    root = seeded_pick(seed, _ROOT_MIDI_KEYS, "root")
    degree = seeded_pick(seed, _CHORD_PROGRESSIONS, "progression")[bar % 4]
    steps = (0, 2, 4, 6 if degree in {0, 3} else 7)
    return [root + _MAJOR_SCALE_STEPS[(degree + step) % 7] + 12 * ((degree + step) // 7) for step in steps]


def _add_chords(track: _InstrumentTrack, at: float, keys: Sequence[int], seed: str, mood: MusicMood) -> None:
    """Add a bar's chord to a track: play each key twice, slightly detuned and panned apart."""
    for key in keys:
        for apart, side in ((-0.06, -0.6), (0.05, 0.6)):
            phase = seeded_random_between(0, 6, seed, f"phase {key} {side}")
            tone = soft_saw_wave(key + apart, mood.bar_s * 1.08, phase)
            track.add_wave(at, fade_wave_in_and_out(tone, 0.25, 0.5), 0.055, side=side)


def _add_plucks(track: _InstrumentTrack, at: float, keys: Sequence[int], seed: str, mood: MusicMood) -> None:
    for number, note in enumerate(seeded_pick(seed, _PLUCK_NOTE_PATTERNS, "pattern")):
        is_off = number % 2
        track.add_wave(
            at + number * mood.beat_s / 2,
            pluck_wave(keys[note] + 12, 0.5),
            0.16 if is_off else 0.2,
            side=-0.4 if is_off else 0.4,
        )


def _add_drums(track: _InstrumentTrack, at: float, seed: str, mood: MusicMood) -> None:
    for beat in range(4):
        track.add_wave(at + beat * mood.beat_s, kick_drum_wave(), 0.62 * mood.drum_gain)
        if beat % 2:
            track.add_wave(
                at + beat * mood.beat_s,
                decaying_noise_wave(f"{seed} snare {beat}", 0.2, 1_400, 26),
                0.19 * mood.drum_gain,
            )
    for number in range(8):
        tick = decaying_noise_wave(f"{seed} tick {number}", 0.06, 7_000, 85)
        track.add_wave(at + number * mood.beat_s / 2, tick, (0.095 if number % 2 else 0.05) * mood.drum_gain, side=0.25)


def _add_cut_whoosh(track: _InstrumentTrack, cut: float, seed: str, mood: MusicMood) -> None:
    """Add noise to a track that swells up to the cut between two scenes."""
    at = sample_times_s(mood.beat_s)
    swelling = seeded_white_noise(seed, len(at)) * (at / mood.beat_s) ** 3
    track.add_wave(cut - mood.beat_s, highpass_filter(lowpass_filter(swelling, 5_200), 500), 0.17)


def _drum_sidechain_gain(count: int, mood: MusicMood) -> MonoWave:
    """Return the gain of all other instruments for `count` samples: they duck at each beat of a steady tempo."""
    beat = 1 - 0.5 * np.exp(-9 * sample_times_s(mood.beat_s))
    return np.tile(beat, math.ceil(count / len(beat)))[:count]
