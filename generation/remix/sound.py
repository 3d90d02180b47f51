"""Sound of a remix: the clip's own sound over a music bed with ducking, and the bed alone at the end."""

from collections.abc import Sequence

import numpy as np

from generation.copy.captions import ClipTimeSpan
from generation.remix.clip import ProbedClip, decode_clip_by_ffmpeg
from generation.remix.cut import OUTPUT_VIDEO_FPS, ClipPart
from generation.sound.bed import compose_music_bed
from generation.sound.loudness import TARGET_LOUDNESS_LUFS, measure_loudness_lufs, normalize_to_target_loudness
from generation.sound.synthesis import SOUND_SAMPLE_RATE_HZ, MonoWave, StereoSound

#: Level of the bed under speech, relative to the clip (WCAG 2.2, 1.4.7).
MUSIC_UNDER_SPEECH_DB = -20.0
#: Level of the bed between words.
MUSIC_BETWEEN_WORDS_DB = -13.0
#: Level of the bed after the clip.
MUSIC_AFTER_CLIP_DB = -2.0
#: Seconds of a ducking transition.
_MUSIC_DUCKING_TRANSITION_S = 0.3
#: Seconds of the fade-out of the clip's sound.
_CLIP_SOUND_FADE_OUT_S = 0.35
#: Seconds between two computed gains.
_MUSIC_GAIN_STEP_S = 0.01
#: Maximum gain of a clip in dB: more would amplify noise.
_MAX_CLIP_GAIN_DB = 24.0
#: A high-pass filter against rumble, and a compressor.
_SOUND_CLEANUP_FILTERS = "highpass=f=70,acompressor=threshold=-20dB:ratio=2.5:attack=12:release=180"


def mix_clip_sound_over_ducked_music(
    clip: ProbedClip, part: ClipPart, speech: Sequence[ClipTimeSpan], seconds: float, seed: str
) -> StereoSound:
    """Return a remix's sound: the clip's own sound over music, at the common loudness of all videos.

    `speech` are spans of the part. Without speech, return the music alone. Raises `ClipRefused`, `GenerationError`.
    """
    music = normalize_to_target_loudness(compose_music_bed(seconds, seed, (part.seconds,)))
    if not speech:
        return music
    count = music.shape[1]
    mix = music * 10 ** (ducked_music_gains_db(speech, part.seconds, count) / 20)
    own = _normalize_clip_sound(clip, part)[:, :count]
    mix[:, : own.shape[1]] += own
    return normalize_to_target_loudness(mix)


def _normalize_clip_sound(clip: ProbedClip, part: ClipPart) -> StereoSound:
    """Return the sound of a clip's part at the target loudness, amplified by at most 24 dB, with a fade-out."""
    sound = _decode_clip_sound(clip, part)
    sound = sound * 10 ** (min(_MAX_CLIP_GAIN_DB, TARGET_LOUDNESS_LUFS - max(-70.0, measure_loudness_lufs(sound))) / 20)
    fading = min(sound.shape[1], round(_CLIP_SOUND_FADE_OUT_S * SOUND_SAMPLE_RATE_HZ))
    sound[:, sound.shape[1] - fading :] *= np.linspace(1, 0, fading)
    return sound


def _decode_clip_sound(clip: ProbedClip, part: ClipPart) -> StereoSound:
    """Return the decoded stereo sound of a clip's part, padded with silence to the part's exact length."""
    of_frame = SOUND_SAMPLE_RATE_HZ // OUTPUT_VIDEO_FPS
    count = part.frames * of_frame
    length = f"apad=whole_len={count},atrim=end_sample={count}"
    filters = f"aresample={SOUND_SAMPLE_RATE_HZ}:async=1:first_pts=0,{_SOUND_CLEANUP_FILTERS},{length}"
    shape = ["-map", "0:a:0", "-af", filters, "-ac", "2", "-ar", str(SOUND_SAMPLE_RATE_HZ), "-f", "f32le", "-"]
    pieces = decode_clip_by_ffmpeg(of_frame * 8, *clip.ffmpeg_input_arguments(part.start, part.seconds), *shape)
    samples = np.frombuffer(b"".join(pieces), "<f4").reshape(-1, 2).T.astype(np.float64)
    return np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0).clip(-4, 4)


def ducked_music_gains_db(speech: Sequence[ClipTimeSpan], ends: float, count: int) -> MonoWave:
    """Return a remix's music gain in dB at each sample: lowest under words, higher between, highest after `ends` s."""
    at = np.arange(0, count / SOUND_SAMPLE_RATE_HZ + _MUSIC_GAIN_STEP_S, _MUSIC_GAIN_STEP_S)
    away = np.full(len(at), np.inf)
    for one in speech:
        away = np.minimum(away, np.maximum(one.start / 1_000 - at, at - one.end / 1_000))
    apart = np.clip(away / _MUSIC_DUCKING_TRANSITION_S, 0, 1)
    over = np.clip((at - ends) / _MUSIC_DUCKING_TRANSITION_S, 0, 1)
    during = MUSIC_UNDER_SPEECH_DB + (MUSIC_BETWEEN_WORDS_DB - MUSIC_UNDER_SPEECH_DB) * apart
    gains: MonoWave = np.interp(
        np.arange(count) / SOUND_SAMPLE_RATE_HZ, at, during + (MUSIC_AFTER_CLIP_DB - during) * over
    )
    return gains
