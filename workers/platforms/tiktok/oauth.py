"""Client of TikTok's Login Kit, which issues and revokes tokens. Its responses have no envelope."""

from collections.abc import Mapping
from typing import NoReturn

import msgspec

from schemas.errors import NotSent, ReauthRequired, Rejected, Throttled
from workers.platforms import http
from workers.platforms.connecting import Net, application
from workers.platforms.http import Answer, Api
from workers.platforms.tiktok.errors import plain


class Token(msgspec.Struct, frozen=True):
    """Tokens; both `expires_in` are in seconds. A refresh may return another refresh token."""

    access_token: str
    refresh_token: str
    expires_in: int
    refresh_expires_in: int
    open_id: str
    scope: str = ""

    def __repr__(self) -> str:
        return f"Token({self.open_id})"


class ErrorBody(msgspec.Struct):
    """The body of an error."""

    error: str = ""
    error_description: str = ""
    log_id: str = ""


async def token(net: Net, form: Mapping[str, str]) -> Token:
    """Exchange a code or a refresh token. Raises `ReauthRequired` if TikTok no longer accepts it."""
    return http.read(await post(net, "token", form), Token)


async def post(net: Net, call: str, form: Mapping[str, str]) -> Answer:
    """Send a call of the server's application. An error may come with any status, so its body decides."""
    us = application(net, "TikTok")
    api = Api(client=net.client, base=net.settings.tiktok_api_url)
    fields = {"client_key": us.client_id, "client_secret": us.client_secret, **form}
    answer = await api.post_form(f"/v2/oauth/{call}/", fields)
    body = http.read_error(answer, ErrorBody)
    if body.error or not answer.ok:
        fail(answer, body)
    return answer


def fail(answer: Answer, body: ErrorBody) -> NoReturn:
    """Raise the `PlatformError` of an error."""
    log_id = plain(body.log_id)
    words = answer.quoted(body.error_description or body.error) + (f", log {log_id}" if log_id else "")
    if body.error == "invalid_grant" or (
        body.error == "invalid_request" and "refresh token" in body.error_description.lower()
    ):
        raise ReauthRequired(
            "TOKEN_REFUSED", f"TikTok refuses the token: connect the account again ({words})"
        )
    if body.error in {"invalid_client", "unauthorized_client"}:
        raise Rejected(
            "APP_REFUSED",
            f"TikTok refuses this server's application: tell its operator ({words})",
            category="config",
        )
    if answer.status == 429:
        after_s = http.cooldown_s(answer.headers, reset="X-RateLimit-Reset")
        raise Throttled("PLATFORM_RATE_LIMITED", "TikTok limits the rate", after_s=after_s)
    if body.error in {"server_error", "temporarily_unavailable"} or not (answer.refused or answer.ok):
        raise NotSent("PLATFORM_FAILED", f"TikTok failed: the call is repeated ({words})")
    raise Rejected("PLATFORM_REJECTED", f"TikTok refuses the request ({words})", category="platform_rejected")
