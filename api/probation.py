"""Probation of addresses that send unknown keys: its headers."""

from typing import NamedTuple


class Probation(NamedTuple):
    """The standing of an address that sent an unknown key. Only such failures are counted."""

    limit: int
    left: int
    resets_in: int
    window_s: int

    def headers(self) -> list[tuple[bytes, bytes]]:
        policy = f'"unknown-keys";q={self.limit};w={self.window_s}'
        state = f'"unknown-keys";r={self.left};t={self.resets_in}'
        return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", state.encode())]
