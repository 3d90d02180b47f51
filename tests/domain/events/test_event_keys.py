"""Keys of ids: ordered by time for any known format with a time, and never equal for two ids."""

import random
import string
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events.event_keys import KSUID_EPOCH_S, derive_dedup_key_of_event_id

#: Milliseconds from 2020 to 2050.
TIMES = st.integers(*(int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * 1000 for year in (2020, 2050)))
SECOND = 1000

BASE_62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
HEX_32 = "0123456789abcdefghijklmnopqrstuv"
BASE_36 = string.digits + string.ascii_lowercase


def based(number: int, digits: str, length: int) -> str:
    """Format a number in the base of these digits."""
    text = ""
    for _ in range(length):
        number, place = divmod(number, len(digits))
        text = digits[place] + text
    assert number == 0
    return text


def uuid(ms: int, dice: random.Random, version: int = 7) -> str:
    number = ms << 80 | dice.getrandbits(80)
    return str(UUID(int=number & ~(0xF << 76) & ~(0x3 << 62) | version << 76 | 0x2 << 62))


def ulid(ms: int, dice: random.Random) -> str:
    return based(ms << 80 | dice.getrandbits(80), CROCKFORD, 26)


def v4(dice: random.Random) -> str:
    return uuid(dice.getrandbits(48), dice, 4)


#: Ids of each format as its library makes them, by the unit of their time in milliseconds.
FORMS: dict[str, tuple[int, Callable[[int, random.Random], str]]] = {
    "analytics-next": (1, lambda ms, dice: f"ajs-next-{ms}-{v4(dice)}"),
    "analytics-node": (1, lambda ms, dice: f"node-next-{ms}-{v4(dice)}"),
    "milliseconds": (1, lambda ms, dice: f"{ms}-{dice.random()}"),
    "microseconds": (1, lambda ms, dice: f"{v4(dice)}_{ms}{dice.randrange(1000):03}"),
    "nanoseconds": (1, lambda ms, dice: f"{ms}{dice.randrange(1_000_000):06}"),
    "seconds": (SECOND, lambda ms, dice: f"order:{ms // SECOND}.{dice.randrange(1000)}"),
    "prefixed UUIDv7": (1, lambda ms, dice: f"evt_{uuid(ms, dice)}"),
    "bare UUIDv7": (1, lambda ms, dice: uuid(ms, dice).replace("-", "").upper()),
    "ULID": (1, ulid),
    "TypeID": (1, lambda ms, dice: f"event_{ulid(ms, dice).lower()}"),
    "KSUID": (
        SECOND,
        lambda ms, dice: based((ms // SECOND - KSUID_EPOCH_S) << 128 | dice.getrandbits(128), BASE_62, 27),
    ),
    "ObjectId": (SECOND, lambda ms, dice: f"{ms // SECOND:08x}{dice.getrandbits(64):016x}"),
    "cuid": (1, lambda ms, dice: f"c{based(ms, BASE_36, 8)}{based(dice.getrandbits(80), BASE_36, 16)}"),
    "xid": (SECOND, lambda ms, dice: based(((ms // SECOND) << 64 | dice.getrandbits(64)) << 4, HEX_32, 20)),
}


def time_of(key: UUID) -> int:
    return key.int >> 80


@given(ms=TIMES, seed=st.integers())
def test_a_key_begins_with_the_time_of_its_id(ms: int, seed: int) -> None:
    for form, (unit, make) in FORMS.items():
        assert time_of(derive_dedup_key_of_event_id(make(ms, random.Random(seed)))) == ms // unit * unit, form


@pytest.mark.parametrize(
    ("event_id", "shown"),
    [
        ("node-next-1668208232027-743be593-7789-4b74-8078-cbcc8894c586", "2022-11-11T23:10:32.027"),
        ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "2016-07-30T23:54:10.259"),
        ("0ujtsYcgvSTl8PAuAdqWYSMnLOv", "2017-10-10T04:00:47.000"),
        ("507f1f77bcf86cd799439011", "2012-10-17T21:13:27.000"),
        ("9m4e2mr0ui3e8a215n4g", "2011-03-22T17:50:19.000"),
        ("prefix_01h2xcejqtf2nbrexx3vqjhp41", "2023-06-14T16:40:03.066"),
    ],
)
def test_published_examples_have_their_times(event_id: str, shown: str) -> None:
    time = datetime.fromtimestamp(time_of(derive_dedup_key_of_event_id(event_id)) / 1000, UTC)
    assert time.isoformat(timespec="milliseconds") == f"{shown}+00:00"


#: Ids of any format, any texts, and neighbours of both.
IDS = st.one_of(
    st.text(min_size=1, max_size=128),
    st.builds(
        lambda form, ms, seed: FORMS[form][1](ms, random.Random(seed)),
        st.sampled_from(list(FORMS)),
        TIMES,
        st.integers(0, 3),
    ),
    st.text("0123456789abcdefc-_", min_size=8, max_size=40),
)


@given(ids=st.lists(IDS, unique_by=str.lower, max_size=20))
def test_keys_are_distinct_and_never_library_uuids(ids: list[str]) -> None:
    """A UUID is its own key. UUIDs that differ in case are one."""
    keys = [UUID(bytes=derive_dedup_key_of_event_id(event_id).bytes) for event_id in ids]
    assert len(set(keys)) == len(ids)
    assert {key.version for key in keys} <= {8}


@given(number=st.integers(0, 2**128 - 1))
def test_a_uuid_is_its_own_key(number: int) -> None:
    shown = str(UUID(int=number))
    assert str(derive_dedup_key_of_event_id(shown)) == str(derive_dedup_key_of_event_id(shown.upper())) == shown


def test_ids_of_one_moment_have_keys_of_their_own() -> None:
    dice, ms = random.Random(1), 1_800_000_000_000
    ids = {make(ms, dice) for _, make in FORMS.values() for _ in range(2_000)}
    assert len({derive_dedup_key_of_event_id(event_id) for event_id in ids}) == len(ids)
