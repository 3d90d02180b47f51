"""Upload of a file to a platform's server, given up by the file's size.

A server that holds an upload holds a slot of the worker. So a small file is given up soon, and a large one as
soon as the server takes nothing more of it. An upload makes nothing public: it may be repeated.
"""

from collections.abc import AsyncIterable
from typing import NamedTuple

from workers.platforms.http import Answer, Api

#: Seconds that any upload has, and that one may go on without the server's taking a byte.
LEAST_S = 20.0
#: Bytes a second that a server takes at least (4 Mbit/s), and that it looks through before it answers.
TAKEN, LOOKED_THROUGH = 512 << 10, 4 << 20


class Patience(NamedTuple):
    """Seconds of an upload: in all, between two parts of it, and from the last one to the answer."""

    total_s: float
    silence_s: float
    answer_s: float


def patience(size_bytes: int) -> Patience:
    return Patience(LEAST_S + size_bytes / TAKEN, LEAST_S, LEAST_S + size_bytes / LOOKED_THROUGH)


async def upload(
    api: Api, url: str, content: AsyncIterable[bytes], *, content_type: str, size_bytes: int
) -> Answer:
    """The answer to a POST of so many bytes. Raises as `Api.ask` does."""
    limits = patience(size_bytes)
    return await api.ask(
        "POST",
        url,
        headers={"Content-Type": content_type, "Content-Length": str(size_bytes)},
        content=content,
        timeout_s=limits.total_s,
        silences={"write": limits.silence_s, "read": limits.answer_s},
    )
