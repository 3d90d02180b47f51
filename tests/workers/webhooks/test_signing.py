"""Signatures checked by the reference library of Standard Webhooks, an independent implementation."""

import time
from base64 import b64encode

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook

from workers.webhooks import signing

KEYS = st.binary(min_size=24, max_size=64)
BODIES = st.dictionaries(st.text(), st.text()).map(msgspec.json.encode)
EVENT = "evt_01jdv3m7d3e8r8qk3m8c6a5v7x"


@settings(max_examples=30)
@given(st.lists(KEYS, min_size=1, max_size=2, unique=True), BODIES)
def test_the_receiver_of_a_key_accepts_what_is_signed_with_it(keys: list[bytes], body: bytes) -> None:
    """During a rotation, of either key."""
    headers = signing.build_webhook_headers(event_id=EVENT, at=int(time.time()), body=body, keys=keys)
    for key in keys:
        receiver = Webhook(f"whsec_{b64encode(key).decode()}")
        assert receiver.verify(body, headers) == msgspec.json.decode(body)
