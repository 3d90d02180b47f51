"""Synthesis: tones, noises and filters for a music bed."""

from typing import TypeAlias

import numpy as np

from generation.seeds import noise

#: Samples a second; the types of a mono and of a stereo sound.
RATE = 48_000
Wave: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.float64]]"
Stereo: TypeAlias = "np.ndarray[tuple[int, int], np.dtype[np.float64]]"

#: Highest partial of a tone in hertz, against aliasing.
_HIGHEST = 14_000


def sample_times(seconds: float) -> Wave:
    return np.arange(round(seconds * RATE)) / RATE


def pitch(key: float) -> float:
    """Return the frequency in hertz of a MIDI key; key 69 is A at 440 Hz."""
    return float(440.0 * 2 ** ((key - 69) / 12))


def soft_saw(key: float, seconds: float, phase: float, partials: int = 10) -> Wave:
    """Return a tone with many partials, each much softer than the one before."""
    at, base = sample_times(seconds), pitch(key)
    audible = [number for number in range(1, partials + 1) if base * number < _HIGHEST]
    parts = [np.sin(2 * np.pi * base * number * at + phase * number) / number**1.25 for number in audible]
    tone: Wave = np.sum(parts, axis=0)
    return tone


def pluck(key: float, seconds: float) -> Wave:
    at, base = sample_times(seconds), pitch(key)
    fading = np.exp(-9 * at)
    return (np.sin(2 * np.pi * base * at) + 0.35 * fading * np.sin(4 * np.pi * base * at)) * fading


def bass(key: float, seconds: float) -> Wave:
    at, base = sample_times(seconds), pitch(key)
    tone = np.tanh(1.6 * (np.sin(2 * np.pi * base * at) + 0.3 * np.sin(4 * np.pi * base * at)))
    return fade(tone, 0.008, 0.08)


def kick() -> Wave:
    at = sample_times(0.28)
    falling = 48 * at + 9 * (1 - np.exp(-38 * at))
    tone: Wave = np.sin(2 * np.pi * falling) * np.exp(-15 * at)
    return tone


def hiss(seed: str, seconds: float, lowest: float, fading: float) -> Wave:
    """Return decaying noise above a frequency."""
    at = sample_times(seconds)
    return highpass(white(seed, len(at)), lowest) * np.exp(-fading * at)


def white(seed: str, count: int) -> Wave:
    """Return noise from -1 to 1, the same with every version of numpy."""
    raw = np.frombuffer(noise(seed, 2 * count), "<u2").astype(np.float64)
    return raw / 32_767.5 - 1


def fade(wave: Wave, comes: float, goes: float) -> Wave:
    """Fade a wave in and out, in so many seconds each."""
    shape = np.ones(len(wave))
    first, last = min(len(wave), round(comes * RATE)), min(len(wave), round(goes * RATE))
    shape[:first] = np.linspace(0, 1, first)
    shape[len(wave) - last :] *= np.linspace(1, 0, last) ** 1.5
    return wave * shape


def lowpass(wave: Wave, cut: float) -> Wave:
    """Filter out frequencies above a soft cutoff, with zero phase."""
    hertz = np.fft.rfftfreq(len(wave), 1 / RATE)
    return np.fft.irfft(np.fft.rfft(wave) / (1 + (hertz / cut) ** 4), len(wave))


def highpass(wave: Wave, cut: float) -> Wave:
    return wave - lowpass(wave, cut)


def add_reverb(sound: Stereo, seed: str, *, seconds: float = 1.5, share: float = 0.16) -> Stereo:
    """Add the reverberation of a room."""
    return np.array([_echoing(wave, f"{seed}/{side}", seconds, share) for side, wave in enumerate(sound)])


def _echoing(wave: Wave, seed: str, seconds: float, share: float) -> Wave:
    at = sample_times(seconds)
    room = lowpass(white(seed, len(at)) * np.exp(-3.6 * at), 6_500)
    room /= np.sqrt((room**2).sum())
    size = 1 << (len(wave) + len(room) - 1).bit_length()
    echo = np.fft.irfft(np.fft.rfft(wave, size) * np.fft.rfft(room, size), size)[: len(wave)]
    return wave * (1 - share) + echo * share
