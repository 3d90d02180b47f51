"""Hashes of personal data: Meta's published examples, and any other input of an app."""

import hashlib
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.apps.relays import DEFAULT_EVENT_NAME_MAPS
from domain.events.conversion_lines import OpenConversionDestination
from domain.events.conversions import DueConversion
from tests.domain.events.sending import NOW
from workers.conversions import hashing, meta, tiktok
from workers.conversions.due_split import split_sendable_conversions
from workers.conversions.person import ConversionEventJson

HASH = re.compile(r"[0-9a-f]{64}")

#: From Meta's page of customer information parameters: the input, and the hashed form.
NORMAL = [
    ("em", " John_Smith@gmail.com ", "john_smith@gmail.com"),
    ("ph", "+1 (650) 555-1212", "16505551212"),
    ("fn", "Mary", "mary"),
    ("fn", "정", "정"),
    ("fn", "Valéry", "valéry"),
    ("ge", "Female", "f"),
    ("db", "1997-02-16", "19970216"),
    ("ct", "London", "london"),
    ("ct", "San Francisco", "sanfrancisco"),
    ("ct", "St. Ives 2", "stives"),
    ("st", "CA", "ca"),
    ("zp", "94035-1234", "94035"),
    ("zp", "M1 1AE", "m11ae"),
    ("country", "US", "us"),
]


@pytest.mark.parametrize(("field", "sent", "normal"), NORMAL)
def test_normal_forms_match_metas_examples(field: str, sent: str, normal: str) -> None:
    hashed = hashing.hash_personal_field(sent, hashing.NORMALIZER_BY_META_FIELD[field])
    assert hashed == hashlib.sha256(normal.encode()).hexdigest()


def test_only_tiktoks_phone_keeps_its_plus() -> None:
    assert hashing.hash_personal_field(
        "+1 650 555 1212", hashing.NORMALIZER_BY_TIKTOK_FIELD["phone"]
    ) == hashing.sha256_hex("+16505551212")
    for text in ("650 555 1212", "0049 151 23456", "+0 123 45678", "+49", "+1234567890123456"):
        assert hashing.hash_personal_field(text, hashing.NORMALIZER_BY_META_FIELD["ph"]) is None, text


def test_a_hash_passes_in_any_case() -> None:
    made = hashing.sha256_hex("x")
    assert {
        hashing.hash_personal_field(text, hashing.keep_valid_email) for text in (made, made.upper(), f" {made}")
    } == {made}


texts = st.text(max_size=30)
values = st.recursive(texts | st.integers() | st.floats() | st.booleans() | st.none(), st.lists, max_leaves=3)
people = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        "email phone firstName lastName gender birthday city zip country address".split(),
        values | st.emails() | st.from_regex(r"\+[1-9]\d{7,12}", fullmatch=True),
    ),
)


@given(traits=people, properties=people, user_id=st.none() | st.emails() | texts.filter(bool))
def test_personal_data_is_hashed_for_any_input(
    traits: dict[str, Any], properties: dict[str, Any], user_id: str | None
) -> None:
    """No input of an app raises an error."""
    context = {"traits": traits, "userAgent": "ua", "page": {"url": "https://a.example/b?c=d#e"}}
    tree = ConversionEventJson({"context": context, "properties": properties})
    found = due(user_id=user_id)
    for made in (meta.build_meta_event(TO, found, tree), tiktok.build_tiktok_event(TO, found, tree)):
        if isinstance(made, tuple):
            assert made.code == "NO_IDENTIFIER"
            continue
        user = made.get("user_data") or made["user"]
        hashes = [
            one
            for name, value in user.items()
            if name not in {"client_user_agent", "user_agent"}
            for one in (value if isinstance(value, list) else [value])
        ]
        assert all(HASH.fullmatch(one) for one in hashes), hashes


TO = OpenConversionDestination("web", sandbox=False, pixel_id="1", token="t", sealed=b"", test_event_code=None)


def due(**fields: Any) -> DueConversion:
    given: dict[str, Any] = {
        "id": None, "event_id": "e", "event_name": DEFAULT_EVENT_NAME_MAPS["meta"]["sign_up"],
        "occurred_at": NOW,
        "first_try_at": None, "user_id": None, "anonymous_id": None, "value_micros": None, "currency": None,
        "properties": "{}", "context": "{}",
    }  # fmt: skip
    return DueConversion(**given | fields)


def test_a_deleted_event_ends_its_conversion() -> None:
    _, [end] = split_sendable_conversions([due(context=None, properties=None)], meta.build_meta_event, TO, now=NOW)
    assert (end.state, end.error_code) == ("skipped", "EVENT_GONE")
