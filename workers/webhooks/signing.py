"""Signatures of webhooks by Standard Webhooks 1.0: HMAC-SHA256 of id, time and body.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, read 2026-11-27.
"""

import hmac
from base64 import b64encode
from collections.abc import Sequence


def build_webhook_headers(*, event_id: str, at: int, body: bytes, keys: Sequence[bytes]) -> dict[str, str]:
    """Return the id, time and signature headers of one attempt of a webhook delivery.

    `at` is the attempt's time in seconds since 1970 UTC. The signature header has one signature for each of
    `keys`, so that a receiver with either key of a rotation accepts it. `body` must be sent byte for byte.
    """
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(sign_webhook(event_id, at, body, key) for key in keys),
    }


def sign_webhook(event_id: str, at: int, body: bytes, key: bytes) -> str:
    digest = hmac.digest(key, f"{event_id}.{at}.".encode() + body, "sha256")
    return f"v1,{b64encode(digest).decode()}"
