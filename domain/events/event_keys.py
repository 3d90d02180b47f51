"""Keys of events' ids: 16 bytes that stand for an id, in the order of time where its text holds one.

What came last lies at the end of a leaf's index, and ids that lie there cost a fifth of those that lie
anywhere. So an id that is a UUID is its own key, and a UUIDv7 lies there by itself. The key of any other text
is a UUIDv8 (RFC 9562 5.8): 48 bits of the milliseconds that it holds, and 74 of its hash. Without a time all
122 are the hash's.

The text alone says the key: no clock of ours, since what is sent again must have the same one.

Two texts with one key would be two of one millisecond whose hashes agree in 74 bits: an app that makes a
thousand ids in each would have such a pair once in a million years, and one that makes a million in each
second, of a form that knows no smaller unit, once in a thousand. Version 8 keeps them apart from the UUIDs
that libraries make. Whoever seeks a pair by trying keeps one event of an app from being stored, as whoever
sends another one with that id does. A text that only looks as if it held a time has a key like any other,
which lies elsewhere.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from functools import reduce
from uuid import UUID

from asyncpg.pgproto import pgproto

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)

#: Forms of ids that hold their time, each between signs that are neither letter nor digit: so `evt_…` and
#: `ajs-next-1668208232027-…` have one too.
_FORMS = re.compile(
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

#: Crockford's digits of base 32 by those that `int` reads, and the digits of base 62.
_CROCKFORD = str.maketrans("0123456789abcdefghjkmnpqrstvwxyz", "0123456789abcdefghijklmnopqrstuv")
_BASE_62 = {
    digit: place
    for place, digit in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
}

#: Seconds of Unix time at which a KSUID's begin.
KSUID_EPOCH = 1_400_000_000


def key_of(event_id: str) -> UUID:
    """The key of an id."""
    if _UUID.fullmatch(event_id):
        return pgproto.UUID(event_id)
    key = bytearray(hashlib.blake2b(event_id.encode(), digest_size=16).digest())
    if found := _FORMS.search(event_id):
        form = found.lastgroup or ""
        key[:6] = _TIMES[form](found[form]).to_bytes(6, "big")
    key[6], key[8] = 0x80 | key[6] & 0x0F, 0x80 | key[8] & 0x3F
    return pgproto.UUID(bytes(key))


def _of_digits(text: str) -> int:
    """Seconds have ten digits until 2286. What has more than 13 is of a finer unit, or a number in a row."""
    return int((text + "000")[:13])


def _of_uuid(text: str) -> int:
    return int(text.replace("-", "")[:12], 16)


def _of_ulid(text: str) -> int:
    """A TypeID without its prefix has the same form."""
    return int(text[:10].lower().translate(_CROCKFORD), 32)


def _of_ksuid(text: str) -> int:
    number = reduce(lambda value, digit: value * 62 + _BASE_62[digit], text, 0)
    return ((number >> 128) + KSUID_EPOCH) * 1000


def _of_object_id(text: str) -> int:
    """MongoDB's."""
    return int(text[:8], 16) * 1000


def _of_cuid(text: str) -> int:
    return int(text[1:9], 36)


def _of_xid(text: str) -> int:
    return (int(text[:7], 32) >> 3) * 1000


#: Milliseconds of Unix time, of 48 bits, by the form that holds them.
_TIMES: Mapping[str, Callable[[str], int]] = {
    "digits": _of_digits,
    "uuid": _of_uuid,
    "ulid": _of_ulid,
    "ksuid": _of_ksuid,
    "object_id": _of_object_id,
    "cuid": _of_cuid,
    "xid": _of_xid,
}
