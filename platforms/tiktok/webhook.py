"""TikTok's webhook: parses a signed event.

"Webhooks: Webhook Verification", November 2026. Events arrive at least once, late, and in no order.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime

import msgspec

from domain.publishing.platform_webhook import PlatformEvent
from platforms.tiktok.description import TikTokSettings
from schemas.errors import Invalid, SignatureInvalid
from schemas.settings import Settings

#: Largest difference between a signature's time and ours, in seconds.
TOLERANCE_S = 300
_SIGNATURE = re.compile(rb"t=(?P<at>\d{1,12}),s=(?P<digest>[0-9a-fA-F]{64})")
_REMOVED = "authorization.removed"


class TiktokWebhookBody(msgspec.Struct):
    """Body of a request; `content` is JSON within the JSON."""

    client_key: str
    event: str
    user_openid: str
    content: str = "{}"


class TiktokContent(msgspec.Struct):
    publish_id: str = ""


def read(body: bytes, headers: Mapping[bytes, bytes], *, settings: Settings, now: datetime) -> PlatformEvent:
    """Parse an event.

    Raises `SignatureInvalid` unless TikTok signed it just now for our app, `Invalid` for bad JSON.
    """
    ours = settings.as_platform(TikTokSettings)
    signature = headers.get(b"tiktok-signature", b"")
    check_event_signature(body, signature, secret=ours.tiktok_client_secret, now=now)
    try:
        payload = msgspec.json.decode(body, type=TiktokWebhookBody)
        content = msgspec.json.decode(payload.content, type=TiktokContent)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid("body", f"is no event of TikTok's: {error}") from error
    if payload.client_key != ours.tiktok_client_key:
        raise Invalid("client_key", "is another app's")
    return PlatformEvent(payload.user_openid, content.publish_id, is_removed=payload.event == _REMOVED)


def check_event_signature(body: bytes, signature: bytes, *, secret: str, now: datetime) -> None:
    """Check the signature: HMAC-SHA256 over the time, a dot and the body. Raises `SignatureInvalid`."""
    match = _SIGNATURE.fullmatch(signature)
    if not match or not secret or abs(now.timestamp() - int(match["at"])) > TOLERANCE_S:
        raise SignatureInvalid
    expected = hmac.new(secret.encode(), match["at"] + b"." + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), match["digest"].lower()):
        raise SignatureInvalid
