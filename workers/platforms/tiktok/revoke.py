"""Giving TikTok's access back (Login Kit v2, `POST /v2/oauth/revoke/`)."""

from urllib.parse import urlencode

import msgspec

from domain import consent
from domain.revoking import Held
from schemas.errors import Rejected
from workers.platforms import http
from workers.platforms.connecting import Net

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Refusal(msgspec.Struct):
    """The body of a success is empty; which status a refusal has isn't documented."""

    error: str = ""
    error_description: str = ""


async def revoke(net: Net, held: Held) -> None:
    """Raises `Rejected` where TikTok won't, as it won't for what was revoked before; `PlatformError`."""
    ours = consent.applications(net.settings).get("tiktok")
    if ours is None:
        raise Rejected("APP_MISSING", "TikTok is not set up on this server", category="config")
    fields = {
        "client_key": ours.client.client_id,
        "client_secret": ours.client.client_secret,
        "token": held.access_token,
    }
    url = f"{net.settings.tiktok_api_url}/v2/oauth/revoke/"
    answer = await http.ask(net.client, "POST", url, headers=FORM, content=urlencode(fields).encode())
    if not answer.ok and not answer.settled:
        raise http.failed(answer)
    told = http.read(answer, Refusal) if answer.body.strip() else Refusal()
    if told.error or not answer.ok:
        words = answer.quoted(told.error_description or told.error)
        raise Rejected("REVOKE_REFUSED", f"TikTok doesn't revoke it: {words}", category="platform_rejected")
