"""Messages from a process of a run to its parent: one line of JSON each."""

import sys
from typing import Any

import msgspec


def send_message(word: Any) -> None:
    """Print a message and flush: the parent waits for it."""
    sys.stdout.buffer.write(msgspec.json.encode(word) + b"\n")
    sys.stdout.buffer.flush()
