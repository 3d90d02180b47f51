"""Client of TikTok's Login Kit, which issues and revokes tokens. Its responses have no envelope."""

from collections.abc import Mapping
from typing import NoReturn

import msgspec

from platforms.tiktok.description import PLATFORM_DESCRIPTION, TikTokSettings
from platforms.tiktok.errors import keep_safe_characters_of_tiktok_code
from schemas.errors import AccountReauthRequired, PlatformRefusal, PlatformThrottled, PostNotSent
from workers.platforms import http
from workers.platforms.connecting import OutgoingNetwork, get_operator_oauth_client
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


class TikTokOAuthErrorBody(msgspec.Struct):
    """The body of an error response of TikTok's token endpoint."""

    error: str = ""
    error_description: str = ""
    log_id: str = ""


async def exchange_tiktok_token(net: OutgoingNetwork, form: Mapping[str, str]) -> TikTokTokens:
    """Exchange a one-time code or a refresh token at TikTok; return the new tokens.

    Raises `AccountReauthRequired` if TikTok no longer accepts the code or token, any other `PlatformError`.
    """
    return http.decode_platform_response(await post_tiktok_oauth_form(net, "token", form), TikTokTokens)


async def post_tiktok_oauth_form(net: OutgoingNetwork, call: str, form: Mapping[str, str]) -> PlatformResponse:
    """POST a form with this server's application to TikTok's OAuth endpoint `call`; return the successful response.

    `call` is `token` or `revoke`. Raise a `PlatformError` for an error in the body, which may come with any status.
    """
    us = get_operator_oauth_client(net, PLATFORM_DESCRIPTION)
    api = PlatformApi(client=net.client, base=net.settings.get_platform_settings(TikTokSettings).tiktok_api_url)
    fields = {"client_key": us.client_id, "client_secret": us.client_secret, **form}
    answer = await api.post_form(f"/v2/oauth/{call}/", fields)
    body = http.decode_platform_error(answer, TikTokOAuthErrorBody)
    if body.error or not answer.ok:
        raise_tiktok_oauth_error(answer, body)
    return answer


def raise_tiktok_oauth_error(answer: PlatformResponse, body: TikTokOAuthErrorBody) -> NoReturn:
    """Raise the `PlatformError` for an error response of TikTok's token endpoint."""
    log_id = keep_safe_characters_of_tiktok_code(body.log_id)
    message = answer.quote_message(body.error_description or body.error) + (f", log {log_id}" if log_id else "")
    if body.error == "invalid_grant" or (
        body.error == "invalid_request" and "refresh token" in body.error_description.lower()
    ):
        raise AccountReauthRequired("TOKEN_REFUSED", f"TikTok refuses the token: connect the account again ({message})")
    if body.error in {"invalid_client", "unauthorized_client"}:
        raise PlatformRefusal(
            "APP_REFUSED", f"TikTok refuses this server's application: tell its operator ({message})", category="config"
        )
    if answer.status == 429:
        after_s = http.read_platform_cooldown_s(answer.headers, reset="X-RateLimit-Reset")
        raise PlatformThrottled("PLATFORM_RATE_LIMITED", "TikTok limits the rate", after_s=after_s)
    if body.error in {"server_error", "temporarily_unavailable"} or not (answer.was_refused_before_write or answer.ok):
        raise PostNotSent("PLATFORM_FAILED", f"TikTok failed: the call is repeated ({message})")
    raise PlatformRefusal("PLATFORM_REJECTED", f"TikTok refuses the request ({message})", category="platform_rejected")
