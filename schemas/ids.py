"""Identifiers: a UUIDv7 (RFC 9562 5.7) inside, a prefix and that UUID on the wire."""

import os
import time
from uuid import UUID

PROJECT, JOB, ORGANIZATION, KEY = "prj", "job", "org", "key"
CONTENT, ASSET, ACCOUNT, POST = "cnt", "ast", "sa", "sp"
LEASE_REQUEST = "lreq"
REQUEST, AUDIT, WORKER = "req", "aud", "wrk"


def new() -> UUID:
    """A UUIDv7: 48 bits of Unix milliseconds, 12 of the fraction (RFC 9562 6.2, method 3), 62 random ones.

    So ids that one process makes one after the other sort in that order.
    """
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    fraction = (rest << 12) // 1_000_000
    chance = int.from_bytes(os.urandom(8)) >> 2
    return UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0x2 << 62 | chance)


def show(prefix: str, value: UUID) -> str:
    """The wire form, `prj_019...`."""
    return f"{prefix}_{value}"


def read(prefix: str, text: str) -> UUID | None:
    """The id inside `text`: prefixed or bare; None for another kind's prefix or anything else."""
    head, separator, tail = text.rpartition("_")
    if separator and head != prefix:
        return None
    try:
        value = UUID(tail)
    except ValueError:
        return None
    return value if str(value) == tail.lower() else None
