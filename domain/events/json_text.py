"""JSON text of events: unpacked within bounds, mended where browsers cut it, and looked into.

A title that was cut in the middle of an emoji has half of a surrogate pair. No UTF-8 has that, and readers
refuse the whole text for it: U+FFFD stands there instead.
"""

import os
import re
import zlib
from typing import Any

import msgspec

from domain.values.steps import Steps
from schemas.errors import Malformed, Oversized

#: Bytes of a body as it comes, and unpacked; levels of objects and lists in one event.
MOST_PACKED, MOST_PLAIN, MOST_DEEP = 1_000_000, 8_000_000, 100

#: Errors of a reader for what is no JSON, no UTF-8, or nested too deep for it.
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

#: A first half of a pair without the second, or a second one without the first.
_HALF = re.compile(
    rb"\\u[dD](?:[89abAB]%b{2}(?!\\u[dD][c-fC-F]%b{2})|(?<!\\u[dD][89abAB]%b{2}\\u[dD])[c-fC-F]%b{2})"
    % ((b"[0-9a-fA-F]",) * 4)
)

#: Bytes that one step unpacks, and that one step mends.
UNPACKED_BYTES, MENDED_BYTES = 1 << 19, 1 << 17

#: Bytes of text that take as long to read as one list or object.
BRACKET_BYTES = 20

#: What stands for an escaped backslash meanwhile. Nobody can know it, so no text has it; and its ends are no
#: part of an escape.
_BACKSLASH = b"\xfe%b\xff" % os.urandom(4).hex().encode()

_GZIP = 31

#: Bytes that one byte of gzip may come to, at most.
GZIP_TIMES = 1_032


def unpack(data: bytes, most: int = MOST_PLAIN) -> Steps[bytes]:
    """One layer of gzip. Raises `Oversized`, `Malformed`."""
    reader = zlib.decompressobj(_GZIP)
    parts, size = list[bytes](), 0
    while not reader.eof and size < most:
        try:
            part = reader.decompress(data, min(UNPACKED_BYTES, most - size))
        except zlib.error as error:
            raise Malformed(f"the body is no gzip: {error}") from None
        if not part:
            break
        parts.append(part)
        data, size = reader.unconsumed_tail, size + len(part)
        yield
    if not reader.eof and size >= most:
        raise Oversized(f"the body has more than {most} bytes: send fewer events at once")
    if not reader.eof or reader.unused_data:
        raise Malformed("the body's gzip ends early, or goes on behind its end")
    return b"".join(parts)


def mend_slowly(text: bytes) -> Steps[bytes]:
    """Run `mend` in steps. Each ends behind a comma if there is one: no escape contains a comma."""
    parts, at = list[bytes](), 0
    while at < len(text):
        end = min(len(text), at + MENDED_BYTES)
        if end < len(text):
            end = text.rfind(b",", at, end) + 1 or end
        part = text[at:end]
        parts.append(mend(part) if rb"\ud" in part or rb"\uD" in part else part)
        at = end
        if at < len(text):
            yield
    return b"".join(parts)


def mend(text: bytes) -> bytes:
    """The text with U+FFFD for each half of a pair, as long as it was."""
    return _HALF.sub(rb"\\ufffd", text.replace(rb"\\", _BACKSLASH)).replace(_BACKSLASH, rb"\\")


def without_escapes(text: bytes) -> bytes:
    """JSON with other characters for each escape of a character, for who reads what has none.

    It costs a fifth of `mend`, for whoever sends the text may be nobody.
    """
    return text.replace(rb"\\", b"__").replace(rb"\u", b"__")


def is_too_deep(text: bytes, value: Any) -> bool:
    """True if the value of a text has too many levels; few brackets make few."""
    few = text.count(b"{") + text.count(b"[") <= MOST_DEEP
    return not few and _depth(value) > MOST_DEEP


def reading_bytes(text: bytes) -> int:
    """Weigh a text: the bytes of one without brackets that takes as long to read."""
    return len(text) + BRACKET_BYTES * (text.count(b"{") + text.count(b"["))


def _depth(value: Any) -> int:
    """Levels of objects and lists, without recursion; of too many, one more than may be."""
    depth, level = 0, [value]
    while depth <= MOST_DEEP and (level := [one for one in level if isinstance(one, (dict, list))]):
        depth += 1
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)]
    return depth
