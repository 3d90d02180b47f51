"""Signatures checked by the reference library of Standard Webhooks, an independent implementation."""

import time
from base64 import b64encode

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from workers.webhooks import signing

KEYS = st.binary(min_size=24, max_size=64)
BODIES = st.dictionaries(st.text(), st.text()).map(msgspec.json.encode)
EVENT = "evt_01jdv3m7d3e8r8qk3m8c6a5v7x"


few = settings(max_examples=30)


def receiver_of(key: bytes) -> Webhook:
    """Return a receiver that has this key."""
    return Webhook(f"whsec_{b64encode(key).decode()}")


def signed(body: bytes, *keys: bytes, at: float | None = None) -> dict[str, str]:
    return signing.headers(event_id=EVENT, at=int(time.time() if at is None else at), body=body, keys=keys)


@few
@given(KEYS, BODIES)
def test_the_receiver_of_a_key_accepts_what_is_signed_with_it(key: bytes, body: bytes) -> None:
    assert receiver_of(key).verify(body, signed(body, key)) == msgspec.json.decode(body)


@few
@given(st.lists(KEYS, min_size=2, max_size=2, unique=True), BODIES)
def test_during_a_rotation_receivers_of_either_key_accept_it(keys: list[bytes], body: bytes) -> None:
    for key in keys:
        receiver_of(key).verify(body, signed(body, *keys))


@few
@given(st.lists(KEYS, min_size=2, max_size=2, unique=True), BODIES)
def test_the_receiver_of_another_key_refuses_it(keys: list[bytes], body: bytes) -> None:
    with pytest.raises(WebhookVerificationError):
        receiver_of(keys[0]).verify(body, signed(body, keys[1]))


@few
@given(KEYS, BODIES, st.data())
def test_a_flipped_bit_is_detected(key: bytes, body: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(body) * 8 - 1))
    flipped = bytearray(body)
    flipped[place // 8] ^= 1 << place % 8
    with pytest.raises((WebhookVerificationError, UnicodeDecodeError)):
        receiver_of(key).verify(bytes(flipped), signed(body, key))


@pytest.mark.parametrize("off_s", [-302, 302])
def test_an_attempt_of_another_time_is_refused(off_s: int) -> None:
    with pytest.raises(WebhookVerificationError):
        receiver_of(bytes(24)).verify(b"{}", signed(b"{}", bytes(24), at=time.time() + off_s))
