"""The talk between a process of a run and the one that started it: one line of JSON a word."""

import sys
from typing import Any

import msgspec


def say(word: Any) -> None:
    """Print it now: the listener waits for it."""
    sys.stdout.buffer.write(msgspec.json.encode(word) + b"\n")
    sys.stdout.buffer.flush()
