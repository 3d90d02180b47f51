"""Upload of a file to a platform's server, with timeouts by the file's size.

A server that stalls an upload holds a slot of the worker. So a small file has a short timeout, and a large
one ends as soon as the server reads no more. An upload makes nothing public: it may be repeated.
"""

from collections.abc import AsyncIterable
from typing import NamedTuple

from workers.platforms.http import Answer, Api

#: Seconds that any upload has, and that one may continue without progress.
LEAST_S = 20.0
#: Least upload rate of a server in bytes a second (4 Mbit/s), and its rate of processing before it responds.
TAKEN, LOOKED_THROUGH = 512 << 10, 4 << 20


class Patience(NamedTuple):
    """Seconds of an upload: in total, between two parts of it, and from the last one to the response."""

    total_s: float
    silence_s: float
    answer_s: float


def patience(size_bytes: int) -> Patience:
    return Patience(LEAST_S + size_bytes / TAKEN, LEAST_S, LEAST_S + size_bytes / LOOKED_THROUGH)


async def upload(
    api: Api, url: str, content: AsyncIterable[bytes], *, content_type: str, size_bytes: int
) -> Answer:
    """Return the response to a POST of `size_bytes`. Raises as `Api.ask` does."""
    limits = patience(size_bytes)
    return await api.ask(
        "POST",
        url,
        headers={"Content-Type": content_type, "Content-Length": str(size_bytes)},
        content=content,
        timeout_s=limits.total_s,
        silences={"write": limits.silence_s, "read": limits.answer_s},
    )
