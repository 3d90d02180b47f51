"""Keys of event ids: 16 bytes for an id, ordered by time if its text contains one.

Recent keys are at the end of a partition's index, where an insert costs a fifth of one elsewhere. So an id
that is a UUID is its own key, and a UUIDv7 is in order by itself. The key of any other text is a UUIDv8 (RFC
9562 5.8): 48 bits of the milliseconds in its text, and 74 of its hash. Without a time all 122 bits are the
hash's.

The key depends on the text alone, not on our clock, since a repeated event must have the same one.

Two texts collide if their milliseconds are equal and their hashes agree in 74 bits. An app with a thousand
ids in each millisecond has a collision once in a million years. An app with a million ids in each second, in
a format without a smaller unit, has one once in a thousand years. Version 8 separates them from the UUIDs of
libraries. An attacker who searches for a collision can suppress one event of an app, as a sender of a known
id can. A text that only looks like a time has a valid key at another place of the index.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from functools import reduce
from uuid import UUID

from asyncpg.pgproto import pgproto

_UUID_PATTERN = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)

#: Id formats that contain a time, between characters that are neither letter nor digit: so `evt_…` and
#: `ajs-next-1668208232027-…` match too.
_ID_WITH_TIME_PATTERN = re.compile(
    r"""(?<![0-9A-Za-z])(?:
          (?P<digits>[0-9]{13,19}|[0-9]{10})
        | (?P<uuid>[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?7[0-9a-fA-F]{3}-?[89abAB][0-9a-fA-F]{3}-?[0-9a-fA-F]{12})
        | (?P<ulid>[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{25})
        | (?P<ksuid>[0-9A-Za-z]{27})
        | (?P<object_id>[0-9a-f]{24})
        | (?P<cuid>c[0-9a-z]{24})
        | (?P<xid>[0-9a-v]{20})
        )(?![0-9A-Za-z])""",
    re.VERBOSE,
)

#: Crockford's base 32 digits, mapped to those that `int` reads, and the digits of base 62.
_CROCKFORD_TO_BASE_32 = str.maketrans("0123456789abcdefghjkmnpqrstvwxyz", "0123456789abcdefghijklmnopqrstuv")
_BASE_62_VALUES = {
    digit: place for place, digit in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
}

#: Unix time in seconds of a KSUID's epoch.
KSUID_EPOCH_S = 1_400_000_000


def derive_dedup_key_of_event_id(event_id: str) -> UUID:
    """Return the 16-byte key of an event id: the id itself if it is a UUID, else a hash of it.

    If the id's text contains a time, the key begins with its milliseconds, then has the hash.
    """
    if _UUID_PATTERN.fullmatch(event_id):
        return pgproto.UUID(event_id)
    key = bytearray(hashlib.blake2b(event_id.encode(), digest_size=16).digest())
    if match := _ID_WITH_TIME_PATTERN.search(event_id):
        form = match.lastgroup or ""
        key[:6] = _MS_READER_BY_ID_FORMAT[form](match[form]).to_bytes(6, "big")
    key[6], key[8] = 0x80 | key[6] & 0x0F, 0x80 | key[8] & 0x3F
    return pgproto.UUID(bytes(key))


def _timestamp_digits_to_ms(text: str) -> int:
    """Return the milliseconds of a Unix time in digits, which has ten of them for seconds until 2286.

    Reads the first 13 digits. A longer number has a finer unit or is a counter.
    """
    return int((text + "000")[:13])


def _uuid_to_ms(text: str) -> int:
    return int(text.replace("-", "")[:12], 16)


def _ulid_to_ms(text: str) -> int:
    """Return the Unix milliseconds in a ULID; a TypeID without its prefix has the same format."""
    return int(text[:10].lower().translate(_CROCKFORD_TO_BASE_32), 32)


def _ksuid_to_ms(text: str) -> int:
    number = reduce(lambda value, digit: value * 62 + _BASE_62_VALUES[digit], text, 0)
    return ((number >> 128) + KSUID_EPOCH_S) * 1000


def _mongodb_id_to_ms(text: str) -> int:
    """Return the Unix milliseconds in an ObjectId of MongoDB, which has whole seconds."""
    return int(text[:8], 16) * 1000


def _cuid_to_ms(text: str) -> int:
    return int(text[1:9], 36)


def _rs_xid_to_ms(text: str) -> int:
    return (int(text[:7], 32) >> 3) * 1000


#: Functions from an id to Unix milliseconds of 48 bits, by format.
_MS_READER_BY_ID_FORMAT: Mapping[str, Callable[[str], int]] = {
    "digits": _timestamp_digits_to_ms,
    "uuid": _uuid_to_ms,
    "ulid": _ulid_to_ms,
    "ksuid": _ksuid_to_ms,
    "object_id": _mongodb_id_to_ms,
    "cuid": _cuid_to_ms,
    "xid": _rs_xid_to_ms,
}
