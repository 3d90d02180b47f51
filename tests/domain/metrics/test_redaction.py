"""Redaction: no event shows personal data without the scope for it, and other data stays unchanged."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.metrics.redaction import redact_event_json, redact_personal_event_id
from schemas.events import REDACTED_PII_TEXT
from workers.conversions.person import PERSON_JSON_PATHS

SECRET = "Q7secretQ7"

#: Names of personal fields, in the spellings of SDKs.
PERSONAL = st.sampled_from(
    "email customer_email Phone-Number ip IP_Address firstName last_name name idfa advertisingId device_id"
    " shippingAddress street zip userId anonymous_id fbclid user_agent dateOfBirth accessToken".split()
)
#: Values that are personal under any name.
FOUND = st.sampled_from(
    [f"{SECRET}@shop.example", f"https://x.example/?q={SECRET}%40shop.example", "+49 170 1234567", "203.0.113.9"]
)
PLAIN = st.sampled_from("step source_id total price sku title count level".split())
LEAVES = st.sampled_from([1, 2.5, True, None, "pro", "a@b", "12:30:45", "1.10"])


def objects(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        values, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PLAIN, inner, max_size=3), max_leaves=8
    )


def shown(given: dict[str, Any], **more: str) -> Any:
    return msgspec.json.decode(redact_event_json(msgspec.json.encode(given).decode(), **more))


@settings(max_examples=100, deadline=None)
@given(names=st.lists(PLAIN, max_size=4), secret=st.tuples(PERSONAL, objects(st.just(SECRET))))
def test_values_of_personal_names_are_hidden_at_any_depth(names: list[str], secret: tuple[str, Any]) -> None:
    value: Any = {secret[0]: secret[1]}
    for name in names:
        value = {name: [value]}
    assert SECRET not in msgspec.json.encode(shown({"order": value})).decode()


@settings(max_examples=100, deadline=None)
@given(objects(FOUND))
def test_addresses_are_hidden_under_any_name(value: Any) -> None:
    for text in ("Q7secret", "1234567", "203.0"):
        assert text not in msgspec.json.encode(shown({"note": value})).decode()


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(PLAIN, objects(LEAVES), max_size=4))
def test_other_values_are_unchanged(given: dict[str, Any]) -> None:
    assert shown(given) == given


@pytest.mark.parametrize("text", ['{"a":1.10,"b":1e300,"c":-0.0,"d":123456789012345678901234567890}'])
def test_numbers_keep_their_digits(text: str) -> None:
    assert bytes(redact_event_json(text)).decode() == text


def test_relayed_personal_data_is_hidden() -> None:
    """Each place in which conversions read personal data, under its own name at any depth."""
    names = {path[-1] for paths in PERSON_JSON_PATHS.values() for path in paths}
    assert shown({"order": dict.fromkeys(names, SECRET)}) == {"order": dict.fromkeys(names, REDACTED_PII_TEXT)}


def test_url_is_shown_without_its_query() -> None:
    page = {
        "url": "https://shop.example/in?token=Q7&name=Jane#x",
        "path": "/in?q=Q7",
        "search": "?token=Q7",
        "referrer": "//a.example/#Q7",
        "title": "How? See https://a.example/b?t=Q7 #1, c#",
        "query": "a?b=Q7",
    }
    assert shown({"page": page}) == {
        "page": {
            "url": "https://shop.example/in",
            "path": "/in",
            "search": "",
            "referrer": "//a.example/",
            "title": "How? See https://a.example/b #1, c#",
            "query": "a",
        }
    }


@pytest.mark.parametrize("text", ["signup:jane@x.com", "call:+491511234567", "jane%40x.com"])
def test_an_id_that_has_an_address_is_hidden(text: str) -> None:
    assert redact_personal_event_id(text) == REDACTED_PII_TEXT
    assert redact_personal_event_id("order-2026-11-27T10:00:00+01:00") == "order-2026-11-27T10:00:00+01:00"


def test_people_are_hidden_and_things_are_named() -> None:
    context = {
        "app": {"name": "Tidewise", "version": "1.2"},
        "device": {"id": "x", "name": "Anna's iPhone", "model": "iPhone17"},
        "traits": {"plan": "pro"},
        "customer": "Jane Doe",
        "ana@shop.example": 1,
    }
    assert shown(context) == {
        "app": {"name": "Tidewise", "version": "1.2"},
        "device": {"id": REDACTED_PII_TEXT, "name": REDACTED_PII_TEXT, "model": "iPhone17"},
        "traits": REDACTED_PII_TEXT,
        "customer": REDACTED_PII_TEXT,
        REDACTED_PII_TEXT: 1,
    }
    assert shown({"plan": "pro"}, event_name="$identify") == {"plan": REDACTED_PII_TEXT}


def test_redaction_is_fast_for_any_text() -> None:
    """Each text as long as an event's limit; also in 100 levels."""
    for part in ("a@", "+1 ", "::", "%40", " ", "1.1.1.1", "://", "?a", "+1", "/?=# "):
        redact_event_json(msgspec.json.encode({"note": part * (32_000 // len(part))}).decode())
    redact_event_json('{"a":' * 100 + "1" + "}" * 100)
