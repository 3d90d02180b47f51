"""Client of TikTok's Login Kit, which issues and revokes tokens. Its responses have no envelope."""

from collections.abc import Mapping
from typing import NoReturn

import msgspec

from platforms.tiktok.description import DESCRIPTION, TikTokSettings
from platforms.tiktok.errors import quote_word
from schemas.errors import PostNotSent, PostRejected, ReauthRequired, Throttled
from workers.platforms import http
from workers.platforms.connecting import OutgoingNetwork, get_application
from workers.platforms.http import PlatformApi, PlatformResponse


class TikTokTokens(msgspec.Struct, frozen=True):
    """Tokens; both `expires_in` are in seconds. A refresh may return another refresh token."""

    access_token: str
    refresh_token: str
    expires_in: int
    refresh_expires_in: int
    open_id: str
    scope: str = ""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.open_id})"


class OAuthErrorBody(msgspec.Struct):
    """The body of an error."""

    error: str = ""
    error_description: str = ""
    log_id: str = ""


async def exchange_token(net: OutgoingNetwork, form: Mapping[str, str]) -> TikTokTokens:
    """Exchange a code or a refresh token. Raises `ReauthRequired` if TikTok no longer accepts it."""
    return http.decode(await post(net, "token", form), TikTokTokens)


async def post(net: OutgoingNetwork, call: str, form: Mapping[str, str]) -> PlatformResponse:
    """Send a call of the server's application. An error may come with any status, so its body decides."""
    us = get_application(net, DESCRIPTION)
    api = PlatformApi(client=net.client, base=net.settings.as_platform(TikTokSettings).tiktok_api_url)
    fields = {"client_key": us.client_id, "client_secret": us.client_secret, **form}
    answer = await api.post_form(f"/v2/oauth/{call}/", fields)
    body = http.decode_error(answer, OAuthErrorBody)
    if body.error or not answer.ok:
        raise_error(answer, body)
    return answer


def raise_error(answer: PlatformResponse, body: OAuthErrorBody) -> NoReturn:
    """Raise the `PlatformError` of an error."""
    log_id = quote_word(body.log_id)
    message = answer.quoted(body.error_description or body.error) + (f", log {log_id}" if log_id else "")
    if body.error == "invalid_grant" or (
        body.error == "invalid_request" and "refresh token" in body.error_description.lower()
    ):
        raise ReauthRequired(
            "TOKEN_REFUSED", f"TikTok refuses the token: connect the account again ({message})"
        )
    if body.error in {"invalid_client", "unauthorized_client"}:
        raise PostRejected(
            "APP_REFUSED",
            f"TikTok refuses this server's application: tell its operator ({message})",
            category="config",
        )
    if answer.status == 429:
        after_s = http.cooldown_s(answer.headers, reset="X-RateLimit-Reset")
        raise Throttled("PLATFORM_RATE_LIMITED", "TikTok limits the rate", after_s=after_s)
    if body.error in {"server_error", "temporarily_unavailable"} or not (answer.refused or answer.ok):
        raise PostNotSent("PLATFORM_FAILED", f"TikTok failed: the call is repeated ({message})")
    raise PostRejected(
        "PLATFORM_REJECTED", f"TikTok refuses the request ({message})", category="platform_rejected"
    )
