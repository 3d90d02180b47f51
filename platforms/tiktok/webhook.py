"""TikTok's webhook: parses a signed event.

"Webhooks: Webhook Verification", November 2026. Events arrive at least once, late, and in no order.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime

import msgspec

from domain.publishing.platform_webhook import PlatformWebhookEvent
from platforms.tiktok.description import TikTokSettings
from schemas.errors import InvalidValue, PlatformWebhookSignatureInvalid
from schemas.settings import Settings

#: Largest difference between a signature's time and ours, in seconds.
TIKTOK_SIGNATURE_TOLERANCE_S = 300
_SIGNATURE_HEADER_PATTERN = re.compile(rb"t=(?P<at>\d{1,12}),s=(?P<digest>[0-9a-fA-F]{64})")
_ACCESS_REMOVED_EVENT = "authorization.removed"


class TikTokWebhookBody(msgspec.Struct):
    """Body of a request; `content` is JSON within the JSON."""

    client_key: str
    event: str
    user_openid: str
    content: str = "{}"


class TikTokWebhookContent(msgspec.Struct):
    publish_id: str = ""


def parse_platform_webhook_event(
    body: bytes, headers: Mapping[bytes, bytes], *, settings: Settings, now: datetime
) -> PlatformWebhookEvent:
    """Return the event of a TikTok webhook request, after checks of its signature and its application.

    Raises `PlatformWebhookSignatureInvalid` unless TikTok signed it just now for our app, `InvalidValue` for bad JSON
    or another app's key.
    """
    ours = settings.get_platform_settings(TikTokSettings)
    signature = headers.get(b"tiktok-signature", b"")
    check_tiktok_signature(body, signature, secret=ours.tiktok_client_secret, now=now)
    try:
        payload = msgspec.json.decode(body, type=TikTokWebhookBody)
        content = msgspec.json.decode(payload.content, type=TikTokWebhookContent)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidValue("body", f"is no event of TikTok's: {error}") from error
    if payload.client_key != ours.tiktok_client_key:
        raise InvalidValue("client_key", "is another app's")
    return PlatformWebhookEvent(
        payload.user_openid, content.publish_id, is_removed=payload.event == _ACCESS_REMOVED_EVENT
    )


def check_tiktok_signature(body: bytes, signature: bytes, *, secret: str, now: datetime) -> None:
    """Check a webhook's HMAC-SHA256. Raise `PlatformWebhookSignatureInvalid`, also if over 300 s off `now`."""
    match = _SIGNATURE_HEADER_PATTERN.fullmatch(signature)
    if not match or not secret or abs(now.timestamp() - int(match["at"])) > TIKTOK_SIGNATURE_TOLERANCE_S:
        raise PlatformWebhookSignatureInvalid
    expected = hmac.new(secret.encode(), match["at"] + b"." + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), match["digest"].lower()):
        raise PlatformWebhookSignatureInvalid
