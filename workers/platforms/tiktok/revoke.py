"""Giving TikTok's access back (Login Kit, `POST /v2/oauth/revoke/`)."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from domain.connecting import consent_pages
from domain.connecting.token_revocation import Held
from schemas.errors import Rejected
from workers.platforms import http
from workers.platforms.connecting import Net
from workers.platforms.tiktok import connect, oauth

#: An access token that ends sooner is refreshed for this: only a living one is revoked.
FRESH = timedelta(seconds=60)


async def revoke(net: Net, held: Held) -> None:
    """Raises `Rejected` where TikTok won't, as it won't for what was revoked before; any `PlatformError`."""
    ours = consent_pages.applications(net.settings).get("tiktok")
    if ours is None:
        raise Rejected("APP_MISSING", "TikTok is not set up on this server any more", category="config")
    token = held.access_token
    if held.expires_at is not None and held.expires_at < datetime.now(UTC) + FRESH:
        token = (await connect.refresh(net, held.tokens)).access_token
    us = ours.client
    fields = {"client_key": us.client_id, "client_secret": us.client_secret, "token": token}
    url = f"{net.settings.tiktok_api_url}/v2/oauth/revoke/"
    answer = await http.ask(net.client, "POST", url, headers=oauth.FORM, content=urlencode(fields).encode())
    told = oauth.said(answer)
    if told.error or not answer.ok:
        oauth.refuse(answer, told)
