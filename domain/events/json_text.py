"""JSON text of events: unpacked within bounds, mended where browsers cut it, and looked into.

A title that was cut in the middle of an emoji has half of a surrogate pair. No UTF-8 has that, and readers
refuse the whole text for it: U+FFFD stands there instead.
"""

import re
import zlib
from typing import Any

import msgspec

from schemas.errors import Malformed, Oversized

#: Bytes of a body as it comes, and unpacked; levels of objects and lists in one event.
MOST_PACKED, MOST_PLAIN, MOST_DEEP = 1_000_000, 8_000_000, 100

#: Errors of a reader for what is no JSON, no UTF-8, or nested too deep for it.
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

#: An escape: a whole pair, half of one, or any other. Outside of strings JSON has no backslash.
_ESCAPE = re.compile(
    rb"\\u[dD][89abAB]%b{2}\\u[dD][c-fC-F]%b{2}|(\\u[dD][89a-fA-F]%b{2})|\\." % ((b"[0-9a-fA-F]",) * 3),
    re.DOTALL,
)

_GZIP = 31


def unpack(data: bytes) -> bytes:
    """One layer of gzip. Raises `Oversized`, `Malformed`."""
    reader = zlib.decompressobj(_GZIP)
    try:
        plain = reader.decompress(data, MOST_PLAIN)
    except zlib.error as error:
        raise Malformed(f"the body is no gzip: {error}") from None
    if not reader.eof and len(plain) >= MOST_PLAIN:
        raise Oversized(f"the body has more than {MOST_PLAIN} bytes: send fewer events at once")
    if not reader.eof or reader.unused_data:
        raise Malformed("the body's gzip ends early, or goes on behind its end")
    return plain


def mend(text: bytes) -> bytes:
    """The text with U+FFFD for each half of a pair."""
    return _ESCAPE.sub(lambda found: rb"\ufffd" if found[1] else found[0], text)


def is_too_deep(text: bytes) -> bool:
    """True if it has too many levels; few brackets make few. Raises one of `UNREADABLE`."""
    few = text.count(b"{") + text.count(b"[") <= MOST_DEEP
    return not few and _depth(msgspec.json.decode(text)) > MOST_DEEP


def _depth(value: Any) -> int:
    """Levels of objects and lists, without recursion."""
    depth, level = 0, [value]
    while level := [one for one in level if isinstance(one, (dict, list))]:
        depth += 1
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)]
    return depth
