"""JSON text of events: bounded decompression, repair of cut surrogate pairs, checks of nesting.

A title that was cut in the middle of an emoji ends with half of a surrogate pair. UTF-8 can't represent it,
and decoders refuse the whole text, so it is replaced by U+FFFD.
"""

import os
import re
import zlib
from typing import Any

import msgspec

from domain.values.steps import CooperativeSteps
from schemas.errors import BodyOversized, MalformedBody

#: Bytes of a body as sent, and unpacked; levels of objects and lists in one event.
MAX_PACKED_EVENT_BODY_BYTES, MAX_UNPACKED_EVENT_BODY_BYTES, MAX_EVENT_JSON_LEVELS = 1_000_000, 8_000_000, 100

#: Decoder errors for bad JSON, bad UTF-8 and too deep nesting.
UNREADABLE_JSON_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

#: First half of a surrogate pair without the second, or a second one without the first.
_HALF_SURROGATE_PATTERN = re.compile(
    rb"\\u[dD](?:[89abAB]%b{2}(?!\\u[dD][c-fC-F]%b{2})|(?<!\\u[dD][89abAB]%b{2}\\u[dD])[c-fC-F]%b{2})"
    % ((b"[0-9a-fA-F]",) * 4)
)

#: Bytes that one step unpacks, and that one step repairs.
GZIP_STEP_BYTES, SURROGATE_REPAIR_STEP_BYTES = 1 << 19, 1 << 17

#: Bytes of text that take as long to decode as one list or object.
JSON_BRACKET_DECODING_TIME_IN_BYTES = 20

#: Placeholder of an escaped backslash. It is random, so no sender's text contains it, and its ends are no
#: part of an escape.
_JSON_BACKSLASH_SUBSTITUTE = b"\xfe%b\xff" % os.urandom(4).hex().encode()

_GZIP_WINDOW_BITS = 31

#: Largest ratio of gzip.
HIGHEST_POSSIBLE_GZIP_RATIO = 1_032


def unpack_gzip(data: bytes, most: int = MAX_UNPACKED_EVENT_BODY_BYTES) -> CooperativeSteps[bytes]:
    """Return data unpacked from one layer of gzip. Raises `BodyOversized` above `most` bytes, `MalformedBody`."""
    reader = zlib.decompressobj(_GZIP_WINDOW_BITS)
    parts, size = list[bytes](), 0
    while not reader.eof and size < most:
        try:
            part = reader.decompress(data, min(GZIP_STEP_BYTES, most - size))
        except zlib.error as error:
            raise MalformedBody(f"the body is no gzip: {error}") from None
        if not part:
            break
        parts.append(part)
        data, size = reader.unconsumed_tail, size + len(part)
        yield
    if not reader.eof and size >= most:
        raise BodyOversized(f"the body has more than {most} bytes: send fewer events at once")
    if not reader.eof or reader.unused_data:
        raise MalformedBody("the body's gzip ends early, or has data after its end")
    return b"".join(parts)


def repair_surrogates_in_steps(text: bytes) -> CooperativeSteps[bytes]:
    """Return a JSON text with half surrogate pairs replaced, as by `replace_half_surrogates`, in steps.

    A step ends after a comma if possible: no escape contains one.
    """
    parts, at = list[bytes](), 0
    while at < len(text):
        end = min(len(text), at + SURROGATE_REPAIR_STEP_BYTES)
        if end < len(text):
            end = text.rfind(b",", at, end) + 1 or end
        part = text[at:end]
        parts.append(replace_half_surrogates(part) if rb"\ud" in part or rb"\uD" in part else part)
        at = end
        if at < len(text):
            yield
    return b"".join(parts)


def replace_half_surrogates(text: bytes) -> bytes:
    """Return a JSON text with each escaped half of a surrogate pair as U+FFFD's escape; pairs and length stay."""
    return _HALF_SURROGATE_PATTERN.sub(rb"\\ufffd", text.replace(rb"\\", _JSON_BACKSLASH_SUBSTITUTE)).replace(
        _JSON_BACKSLASH_SUBSTITUTE, rb"\\"
    )


def replace_json_escapes_by_underscores(text: bytes) -> bytes:
    """Return a JSON text with `__` for each escaped backslash and for the start of each Unicode escape.

    For a reader of fields without escapes, before authentication: it costs a fifth of `replace_half_surrogates`.
    """
    return text.replace(rb"\\", b"__").replace(rb"\u", b"__")


def is_json_too_deep(text: bytes, value: Any) -> bool:
    """Return whether a value is deeper than `MAX_EVENT_JSON_LEVELS`; `text` is its JSON: few brackets need no count."""
    few = text.count(b"{") + text.count(b"[") <= MAX_EVENT_JSON_LEVELS
    return not few and _json_depth_of(value) > MAX_EVENT_JSON_LEVELS


def estimate_decoding_time_in_text_bytes(text: bytes) -> int:
    """Return the decoding cost of a JSON text: its length, plus a constant for each list or object."""
    return len(text) + JSON_BRACKET_DECODING_TIME_IN_BYTES * (text.count(b"{") + text.count(b"["))


def _json_depth_of(value: Any) -> int:
    """Return the number of levels of objects and lists in a JSON value, counted up to one above the limit."""
    depth, level = 0, [value]
    while depth <= MAX_EVENT_JSON_LEVELS and (level := [one for one in level if isinstance(one, (dict, list))]):
        depth += 1
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)]
    return depth
