"""WAV file of a sound, in 16 bits."""

import wave
from pathlib import Path

import numpy as np

from generation.sound.synthesis import RATE, Stereo


def write(path: Path, sound: Stereo) -> None:
    whole = (np.clip(sound.T, -1, 1) * 32_767).round().astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(whole.tobytes())
