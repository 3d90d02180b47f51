"""Upload of a file to a platform's server, with timeouts by the file's size.

A server that stalls an upload holds a slot of the worker. So a small file has a short timeout, and a large
one ends as soon as the server reads no more. An upload makes nothing public: it may be repeated.
"""

from collections.abc import AsyncIterable

from workers.platforms.http import PlatformApi, PlatformResponse

#: Seconds that any upload has, and that one may continue without progress.
MIN_UPLOAD_TIMEOUT_S = 20.0
#: Least upload rate of a server, in bytes a second (4 Mbit/s).
MIN_UPLOAD_BYTES_PER_S = 512 << 10
#: Least rate at which a server processes a file before it responds, in bytes a second.
MIN_PROCESSING_BYTES_PER_S = 4 << 20


async def upload_file_to_platform(
    api: PlatformApi, url: str, content: AsyncIterable[bytes], *, content_type: str, size_bytes: int
) -> PlatformResponse:
    """POST a file of `size_bytes` to a platform's URL, with timeouts by its size; return the response.

    The response may have any status. Raise a `PlatformError` without one, as `PlatformApi.send_request` does.
    """
    # From the last part of the upload to the response.
    response_s = MIN_UPLOAD_TIMEOUT_S + size_bytes / MIN_PROCESSING_BYTES_PER_S
    return await api.send_request(
        "POST",
        url,
        headers={"Content-Type": content_type, "Content-Length": str(size_bytes)},
        content=content,
        timeout_s=MIN_UPLOAD_TIMEOUT_S + size_bytes / MIN_UPLOAD_BYTES_PER_S,
        silences={"write": MIN_UPLOAD_TIMEOUT_S, "read": response_s},
    )
