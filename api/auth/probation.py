"""Rate limit headers for addresses that send unknown keys."""

from typing import NamedTuple


class Probation(NamedTuple):
    """The failure budget of an address that sent an unknown key. Only failures count."""

    limit: int
    left: int
    resets_in: int
    window_s: int

    def headers(self) -> list[tuple[bytes, bytes]]:
        policy = f'"unknown-keys";q={self.limit};w={self.window_s}'
        state = f'"unknown-keys";r={self.left};t={self.resets_in}'
        return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", state.encode())]
