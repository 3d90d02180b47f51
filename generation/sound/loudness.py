"""Loudness of a sound by the broadcast standard, and the gain to a target loudness.

ITU-R BS.1770-5 (https://www.itu.int/rec/R-REC-BS.1770): both channels K-weighted, gated blocks of 0.4 s.
"""

import math

import numpy as np

from generation.sound.synthesis import RATE, Stereo, Wave

#: Loudness that the platforms' players normalize to.
TARGET_LUFS = -14.0
#: Maximum true peak: an encoder adds some tenths.
MAX_PEAK_DB = -1.9
#: The standard's two filters at 48 kHz: numerators and denominators.
_FILTERS = (
    ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585)),
    ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621)),
)
_BLOCK_S = 0.4
_STEP_S = 0.1
_OFFSET_LU = -0.691
#: Blocks below this level don't count.
_ABSOLUTE_GATE_LUFS = -70.0
#: Nor do blocks so much below the mean of the others.
_RELATIVE_GATE_LU = -10.0
#: Oversampling factor of the true peak.
_OVERSAMPLING = 4
#: Samples of a limiter step.
_LIMITER_STEP = 48
#: Steps that the limiter holds around a peak.
_HOLD_STEPS = 6
#: Limiting lowers the loudness, so gain and limiter repeat, at most so many times.
_ROUNDS = 3


def loudness(sound: Stereo) -> float:
    """Measure the integrated loudness in LUFS; minus infinity for silence."""
    left, right = (_weighted(wave) ** 2 for wave in sound)
    power = _blocks(left + right)
    gated = power[_level(power) > _ABSOLUTE_GATE_LUFS]
    if not len(gated):
        return -math.inf
    gated = gated[_level(gated) > _level(gated.mean(keepdims=True)) + _RELATIVE_GATE_LU]
    return float(_level(gated.mean(keepdims=True))[0])


def peak(sound: Stereo) -> float:
    """Measure the true peak in dB of full scale."""
    return float(20 * np.log10(max(1e-9, _envelope(sound).max())))


def limit_to_target(sound: Stereo) -> Stereo:
    """Bring a sound to the target loudness; a limiter lowers peaks for some milliseconds."""
    for _ in range(_ROUNDS):
        sound = amplify_to_target(sound)
        if peak(sound) <= MAX_PEAK_DB:
            break
        sound = _limited(sound)
    return sound


def amplify_to_target(sound: Stereo) -> Stereo:
    """Bring a sound to the target loudness without a limiter; silence stays silence."""
    level = loudness(sound)
    return sound if level == -math.inf else sound * 10 ** ((TARGET_LUFS - level) / 20)


def _weighted(wave: Wave) -> Wave:
    """Apply the K-weighting filters in the frequency domain, since the sound is as long as their ringing."""
    size = len(wave)
    turn = np.exp(-2j * np.pi * np.fft.rfftfreq(size))
    response = np.ones(len(turn), complex)
    for over, under in _FILTERS:
        response *= (over[0] + over[1] * turn + over[2] * turn**2) / (
            under[0] + under[1] * turn + under[2] * turn**2
        )
    return np.fft.irfft(np.fft.rfft(wave) * response, size)


def _blocks(power: Wave) -> Wave:
    """Return the mean power of each block."""
    step, length = round(_STEP_S * RATE), round(_BLOCK_S * RATE)
    summed = np.concatenate([[0.0], np.cumsum(power)])
    starts = np.arange(0, max(1, len(power) - length + 1), step)
    mean: Wave = (summed[np.minimum(starts + length, len(power))] - summed[starts]) / length
    return mean


def _level(power: Wave) -> Wave:
    level: Wave = _OFFSET_LU + 10 * np.log10(np.maximum(power, 1e-12))
    return level


def _envelope(sound: Stereo) -> Wave:
    """Return the oversampled peak of both channels at each sample."""
    size = sound.shape[1]
    finer = (np.fft.irfft(np.fft.rfft(wave), size * _OVERSAMPLING) * _OVERSAMPLING for wave in sound)
    left, right = (np.abs(wave).reshape(size, _OVERSAMPLING).max(axis=1) for wave in finer)
    highest: Wave = np.maximum(left, right)
    return highest


def _limited(sound: Stereo) -> Stereo:
    """Limit peaks: gains by steps, held around each peak, and interpolated linearly."""
    highest = 10 ** (MAX_PEAK_DB / 20)
    envelope = _envelope(sound)
    steps = math.ceil(len(envelope) / _LIMITER_STEP)
    peaks = (
        np.pad(envelope, (0, steps * _LIMITER_STEP - len(envelope))).reshape(steps, _LIMITER_STEP).max(axis=1)
    )
    held = np.lib.stride_tricks.sliding_window_view(np.pad(peaks, _HOLD_STEPS), 2 * _HOLD_STEPS + 1).max(
        axis=1
    )
    gains = np.minimum(1.0, highest / np.maximum(held, 1e-9))
    middle = np.arange(steps) * _LIMITER_STEP + _LIMITER_STEP / 2
    limited: Stereo = sound * np.interp(np.arange(len(envelope)), middle, gains)
    return limited
