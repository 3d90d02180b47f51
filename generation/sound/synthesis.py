"""Synthesis: tones, noises and filters for a music bed."""

from typing import TypeAlias

import numpy as np

from generation.seeds import seeded_noise_bytes

#: Samples a second; the types of a mono and of a stereo sound.
SOUND_SAMPLE_RATE_HZ = 48_000
MonoWave: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.float64]]"
StereoSound: TypeAlias = "np.ndarray[tuple[int, int], np.dtype[np.float64]]"

#: Highest partial of a tone in hertz, against aliasing.
_MAX_PARTIAL_HZ = 14_000


def sample_times_s(seconds: float) -> MonoWave:
    return np.arange(round(seconds * SOUND_SAMPLE_RATE_HZ)) / SOUND_SAMPLE_RATE_HZ


def midi_key_frequency(key: float) -> float:
    """Return the frequency in hertz of a MIDI key; key 69 is A at 440 Hz."""
    return float(440.0 * 2 ** ((key - 69) / 12))


def soft_saw_wave(key: float, seconds: float, phase: float, partials: int = 10) -> MonoWave:
    """Return the tone of a MIDI key with up to `partials` partials, each much softer than the one before."""
    at, base = sample_times_s(seconds), midi_key_frequency(key)
    audible = [number for number in range(1, partials + 1) if base * number < _MAX_PARTIAL_HZ]
    parts = [np.sin(2 * np.pi * base * number * at + phase * number) / number**1.25 for number in audible]
    tone: MonoWave = np.sum(parts, axis=0)
    return tone


def pluck_wave(key: float, seconds: float) -> MonoWave:
    at, base = sample_times_s(seconds), midi_key_frequency(key)
    fading = np.exp(-9 * at)
    return (np.sin(2 * np.pi * base * at) + 0.35 * fading * np.sin(4 * np.pi * base * at)) * fading


def bass_wave(key: float, seconds: float) -> MonoWave:
    at, base = sample_times_s(seconds), midi_key_frequency(key)
    tone = np.tanh(1.6 * (np.sin(2 * np.pi * base * at) + 0.3 * np.sin(4 * np.pi * base * at)))
    return fade_wave_in_and_out(tone, 0.008, 0.08)


def kick_drum_wave() -> MonoWave:
    at = sample_times_s(0.28)
    falling = 48 * at + 9 * (1 - np.exp(-38 * at))
    tone: MonoWave = np.sin(2 * np.pi * falling) * np.exp(-15 * at)
    return tone


def decaying_noise_wave(seed: str, seconds: float, lowest: float, fading: float) -> MonoWave:
    """Return seeded noise without the frequencies below `lowest` hertz; a higher `fading` makes it decay faster."""
    at = sample_times_s(seconds)
    return highpass_filter(seeded_white_noise(seed, len(at)), lowest) * np.exp(-fading * at)


def seeded_white_noise(seed: str, count: int) -> MonoWave:
    """Return `count` samples of white noise from -1 to 1, the same with every version of numpy."""
    raw = np.frombuffer(seeded_noise_bytes(seed, 2 * count), "<u2").astype(np.float64)
    return raw / 32_767.5 - 1


def fade_wave_in_and_out(wave: MonoWave, comes: float, goes: float) -> MonoWave:
    """Return a wave with a fade-in of `comes` seconds and a fade-out of `goes` seconds."""
    shape = np.ones(len(wave))
    first = min(len(wave), round(comes * SOUND_SAMPLE_RATE_HZ))
    last = min(len(wave), round(goes * SOUND_SAMPLE_RATE_HZ))
    shape[:first] = np.linspace(0, 1, first)
    shape[len(wave) - last :] *= np.linspace(1, 0, last) ** 1.5
    return wave * shape


def lowpass_filter(wave: MonoWave, cut: float) -> MonoWave:
    """Return a wave without the frequencies above a soft cutoff in hertz, with zero phase."""
    hertz = np.fft.rfftfreq(len(wave), 1 / SOUND_SAMPLE_RATE_HZ)
    return np.fft.irfft(np.fft.rfft(wave) / (1 + (hertz / cut) ** 4), len(wave))


def highpass_filter(wave: MonoWave, cut: float) -> MonoWave:
    return wave - lowpass_filter(wave, cut)


def add_room_reverb(sound: StereoSound, seed: str, *, seconds: float = 1.5, share: float = 0.16) -> StereoSound:
    """Return a stereo sound with the reverberation of a room; `share` is the share of the reverberation."""
    return np.array([_add_channel_reverb(wave, f"{seed}/{side}", seconds, share) for side, wave in enumerate(sound)])


def _add_channel_reverb(wave: MonoWave, seed: str, seconds: float, share: float) -> MonoWave:
    at = sample_times_s(seconds)
    room = lowpass_filter(seeded_white_noise(seed, len(at)) * np.exp(-3.6 * at), 6_500)
    room /= np.sqrt((room**2).sum())
    size = 1 << (len(wave) + len(room) - 1).bit_length()
    echo = np.fft.irfft(np.fft.rfft(wave, size) * np.fft.rfft(room, size), size)[: len(wave)]
    return wave * (1 - share) + echo * share
