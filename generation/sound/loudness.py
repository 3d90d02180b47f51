"""Loudness of a sound by the broadcast standard, and the gain to a target loudness.

ITU-R BS.1770-5 (https://www.itu.int/rec/R-REC-BS.1770): both channels K-weighted, gated blocks of 0.4 s.
"""

import math

import numpy as np

from generation.sound.synthesis import SOUND_SAMPLE_RATE_HZ, MonoWave, StereoSound

#: Loudness that the platforms' players normalize to.
TARGET_LOUDNESS_LUFS = -14.0
#: Maximum true peak: an encoder adds some tenths.
MAX_TRUE_PEAK_DB = -1.9
#: The standard's two filters at 48 kHz: numerators and denominators.
_K_WEIGHTING_FILTERS = (
    ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585)),
    ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621)),
)
_LOUDNESS_BLOCK_S = 0.4
_LOUDNESS_STEP_S = 0.1
_LUFS_POWER_OFFSET_LU = -0.691
#: Blocks below this level don't count.
_ABSOLUTE_LOUDNESS_GATE_LUFS = -70.0
#: Nor do blocks so much below the mean of the others.
_RELATIVE_LOUDNESS_GATE_LU = -10.0
#: Oversampling factor of the true peak.
_TRUE_PEAK_OVERSAMPLING = 4
#: Samples of a limiter step.
_LIMITER_STEP_SAMPLES = 48
#: Steps that the limiter holds around a peak.
_SOUND_PEAK_HOLD_STEPS = 6
#: Limiting lowers the loudness, so gain and limiter repeat, at most so many times.
_MAX_LIMITER_ROUNDS = 3


def measure_loudness_lufs(sound: StereoSound) -> float:
    """Measure a sound's integrated loudness in LUFS; minus infinity for silence."""
    left, right = (_apply_k_weighting(wave) ** 2 for wave in sound)
    power = _block_mean_powers(left + right)
    gated = power[_power_to_lufs(power) > _ABSOLUTE_LOUDNESS_GATE_LUFS]
    if not len(gated):
        return -math.inf
    gated = gated[_power_to_lufs(gated) > _power_to_lufs(gated.mean(keepdims=True)) + _RELATIVE_LOUDNESS_GATE_LU]
    return float(_power_to_lufs(gated.mean(keepdims=True))[0])


def measure_true_peak_db(sound: StereoSound) -> float:
    """Measure a sound's true peak in dB of full scale."""
    return float(20 * np.log10(max(1e-9, _true_peak_envelope(sound).max())))


def normalize_to_target_loudness(sound: StereoSound) -> StereoSound:
    """Return a sound at the target loudness, with peaks limited for some milliseconds, in at most three rounds."""
    for _ in range(_MAX_LIMITER_ROUNDS):
        sound = amplify_to_target_without_peak_limiter(sound)
        if measure_true_peak_db(sound) <= MAX_TRUE_PEAK_DB:
            break
        sound = _limit_peaks(sound)
    return sound


def amplify_to_target_without_peak_limiter(sound: StereoSound) -> StereoSound:
    """Return a sound amplified or attenuated to the target loudness, without limited peaks; silence stays silence."""
    level = measure_loudness_lufs(sound)
    return sound if level == -math.inf else sound * 10 ** ((TARGET_LOUDNESS_LUFS - level) / 20)


def _apply_k_weighting(wave: MonoWave) -> MonoWave:
    """Return a wave, K-weighted in the frequency domain, since it is long enough for the ringing of the filters."""
    size = len(wave)
    turn = np.exp(-2j * np.pi * np.fft.rfftfreq(size))
    response = np.ones(len(turn), complex)
    for over, under in _K_WEIGHTING_FILTERS:
        response *= (over[0] + over[1] * turn + over[2] * turn**2) / (under[0] + under[1] * turn + under[2] * turn**2)
    return np.fft.irfft(np.fft.rfft(wave) * response, size)


def _block_mean_powers(power: MonoWave) -> MonoWave:
    """Return the mean power of each overlapping block of 0.4 s of a sound."""
    step, length = (round(_LOUDNESS_STEP_S * SOUND_SAMPLE_RATE_HZ), round(_LOUDNESS_BLOCK_S * SOUND_SAMPLE_RATE_HZ))
    summed = np.concatenate([[0.0], np.cumsum(power)])
    starts = np.arange(0, max(1, len(power) - length + 1), step)
    mean: MonoWave = (summed[np.minimum(starts + length, len(power))] - summed[starts]) / length
    return mean


def _power_to_lufs(power: MonoWave) -> MonoWave:
    level: MonoWave = _LUFS_POWER_OFFSET_LU + 10 * np.log10(np.maximum(power, 1e-12))
    return level


def _true_peak_envelope(sound: StereoSound) -> MonoWave:
    """Return the higher true peak of both channels at each sample, by oversampling."""
    size = sound.shape[1]
    finer = (
        np.fft.irfft(np.fft.rfft(wave), size * _TRUE_PEAK_OVERSAMPLING) * _TRUE_PEAK_OVERSAMPLING for wave in sound
    )
    left, right = (np.abs(wave).reshape(size, _TRUE_PEAK_OVERSAMPLING).max(axis=1) for wave in finer)
    highest: MonoWave = np.maximum(left, right)
    return highest


def _limit_peaks(sound: StereoSound) -> StereoSound:
    """Return a sound with limited peaks: gains by steps, held around each peak, interpolated linearly."""
    highest = 10 ** (MAX_TRUE_PEAK_DB / 20)
    envelope = _true_peak_envelope(sound)
    steps = math.ceil(len(envelope) / _LIMITER_STEP_SAMPLES)
    peaks = (
        np.pad(envelope, (0, steps * _LIMITER_STEP_SAMPLES - len(envelope)))
        .reshape(steps, _LIMITER_STEP_SAMPLES)
        .max(axis=1)
    )
    held = np.lib.stride_tricks.sliding_window_view(
        np.pad(peaks, _SOUND_PEAK_HOLD_STEPS), 2 * _SOUND_PEAK_HOLD_STEPS + 1
    ).max(axis=1)
    gains = np.minimum(1.0, highest / np.maximum(held, 1e-9))
    middle = np.arange(steps) * _LIMITER_STEP_SAMPLES + _LIMITER_STEP_SAMPLES / 2
    limited: StereoSound = sound * np.interp(np.arange(len(envelope)), middle, gains)
    return limited
