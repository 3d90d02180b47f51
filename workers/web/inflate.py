"""Inflater of a response's Content-Encoding, within a limit.

httpx would inflate stacked layers without bound: 298 bytes of `gzip, gzip, gzip` become 4 GiB. So this
module reads only raw bytes from httpx, and inflates them itself.
"""

import zlib
from collections.abc import AsyncIterator

from schemas.errors import FetchFailed, SourceTooLarge

#: zlib's `wbits` for a gzip or zlib header.
ZLIB_WBITS_WITH_HEADER = 47
#: zlib's `wbits` for a deflate stream without a header.
ZLIB_WBITS_WITHOUT_HEADER = -15


async def read_inflated_response(
    chunks: AsyncIterator[bytes], *, encoding: str, limit: int, cut: bool = False
) -> bytes:
    """Read a response's body and return it decompressed, by its Content-Encoding.

    A body over `limit` bytes, raw or decompressed, is cut there with `cut`. Without it raise `SourceTooLarge`.
    Raise `FetchFailed` for a broken body, or an unknown encoding.
    """
    compressed = is_compressed_encoding(encoding)
    packed = await collect_bytes_past_limit(chunks, limit)
    plain = inflate_bytes_to_limit(packed, limit) if compressed else packed
    if max(len(packed), len(plain)) <= limit:
        return plain
    if cut:
        return plain[:limit]
    raise SourceTooLarge(f"the answer is larger than {limit >> 10} KiB; give a smaller page of the site")


def is_compressed_encoding(encoding: str) -> bool:
    """Return whether a Content-Encoding is gzip or deflate; False for none. Raise `FetchFailed` for any other."""
    layers = [layer for name in encoding.lower().split(",") if (layer := name.strip()) not in {"", "identity"}]
    if layers and (len(layers) > 1 or layers[0] not in {"gzip", "x-gzip", "deflate"}):
        raise FetchFailed(f"the answer's encoding is {encoding[:80]!r}; serve it plain or as gzip", retryable=False)
    return bool(layers)


async def collect_bytes_past_limit(chunks: AsyncIterator[bytes], limit: int) -> bytes:
    """Read a body's chunks and return their bytes; stop after the chunk that exceeds `limit` bytes."""
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > limit:
            break
    return bytes(body)


def inflate_bytes_to_limit(packed: bytes, limit: int) -> bytes:
    """Inflate at most `limit + 1` bytes, to detect too many. Raise `FetchFailed` for broken data or an early end."""
    stream = zlib.decompressobj(ZLIB_WBITS_WITH_HEADER if has_gzip_or_zlib_magic(packed) else ZLIB_WBITS_WITHOUT_HEADER)
    try:
        plain = stream.decompress(packed, limit + 1)
    except zlib.error as error:
        raise FetchFailed("the answer's compression is broken; serve it plain or as gzip", retryable=False) from error
    if packed and not stream.eof and max(len(plain), len(packed)) <= limit:
        raise FetchFailed("the compressed response ended early; try again later")
    return plain


def has_gzip_or_zlib_magic(wire: bytes) -> bool:
    """Return whether compressed bytes begin with gzip's magic number or zlib's header, rather than raw deflate.

    zlib's header is 2 bytes, as a number a multiple of 31 (RFC 1950 2.2).
    """
    return wire[:2] == b"\x1f\x8b" or (wire[:1] == b"\x78" and int.from_bytes(wire[:2]) % 31 == 0)
