"""Sound of a remix: the clip's own, a bed below it that gives way to speech, the bed alone at the end."""

from collections.abc import Sequence

import numpy as np

from generation.remix.clip import Clip, decoded
from generation.remix.cut import FPS, Cut
from generation.sound.bed import bed
from generation.sound.loudness import TARGET, leveled, loudness
from generation.sound.synthesis import RATE, Stereo, Wave
from generation.words.captions import Span

#: Decibels by which the bed is softer than the clip: below speech (WCAG 2.2, 1.4.7), between words, and
#: once the clip is over.
UNDER_SPEECH, BETWEEN_WORDS, ALONE = -20.0, -13.0, -2.0
#: Seconds in which the bed gives way, and those in which the clip's sound ends.
_TURNS, _FADES = 0.3, 0.35
#: Seconds from one gain that is computed to the next.
_GRAIN = 0.01
#: A clip is made louder by so many decibels at most: more would be noise.
_MOST_GAIN = 24.0
#: Rumble is taken out, and what is loud is brought nearer to what is soft.
_CLEANED = "highpass=f=70,acompressor=threshold=-20dB:ratio=2.5:attack=12:release=180"


def mixed(clip: Clip, part: Cut, speech: Sequence[Span], seconds: float, seed: str) -> Stereo:
    """At the loudness of all videos; `speech` are times of the part. Raises `GenerationError`."""
    music = leveled(bed(seconds, seed, (part.seconds,)))
    if not speech:
        return music
    count = music.shape[1]
    mix = music * 10 ** (music_gains(speech, part.seconds, count) / 20)
    own = _own(clip, part)[:, :count]
    mix[:, : own.shape[1]] += own
    return leveled(mix)


def _own(clip: Clip, part: Cut) -> Stereo:
    """The clip's sound at the target, faded out."""
    sound = _decoded(clip, part)
    sound = sound * 10 ** (min(_MOST_GAIN, TARGET - max(-70.0, loudness(sound))) / 20)
    fading = min(sound.shape[1], round(_FADES * RATE))
    sound[:, sound.shape[1] - fading :] *= np.linspace(1, 0, fading)
    return sound


def _decoded(clip: Clip, part: Cut) -> Stereo:
    """As long as the part, whatever the clip has: what lacks is silence."""
    of_frame = RATE // FPS
    count = part.frames * of_frame
    filters = (
        f"aresample={RATE}:async=1:first_pts=0,{_CLEANED},apad=whole_len={count},atrim=end_sample={count}"
    )
    shape = ["-map", "0:a:0", "-af", filters, "-ac", "2", "-ar", str(RATE), "-f", "f32le", "-"]
    pieces = decoded(of_frame * 8, *clip.source(part.start, part.seconds), *shape)
    samples = np.frombuffer(b"".join(pieces), "<f4").reshape(-1, 2).T.astype(np.float64)
    return np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0).clip(-4, 4)


def music_gains(speech: Sequence[Span], ends: float, count: int) -> Wave:
    """Decibels at each sample: by how far the next word is, and whether the clip is over."""
    at = np.arange(0, count / RATE + _GRAIN, _GRAIN)
    away = np.full(len(at), np.inf)
    for one in speech:
        away = np.minimum(away, np.maximum(one.start / 1_000 - at, at - one.end / 1_000))
    apart = np.clip(away / _TURNS, 0, 1)
    over = np.clip((at - ends) / _TURNS, 0, 1)
    during = UNDER_SPEECH + (BETWEEN_WORDS - UNDER_SPEECH) * apart
    gains: Wave = np.interp(np.arange(count) / RATE, at, during + (ALONE - during) * over)
    return gains
