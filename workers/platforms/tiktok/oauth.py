"""TikTok's Login Kit: a code or a refresh token for tokens (research 5.1). Its answers are flat."""

from collections.abc import Mapping
from typing import NoReturn
from urllib.parse import urlencode

import httpx
import msgspec

from domain.accounts.client_registrations import Client
from schemas.errors import NotSent, ReauthRequired, Rejected, Throttled
from workers.platforms import http
from workers.platforms.http import Answer
from workers.platforms.tiktok.errors import plain

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PATH = "/v2/oauth/token/"


class Token(msgspec.Struct, frozen=True):
    """`expires_in` and `refresh_expires_in` in seconds. A refresh may bring another refresh token."""

    access_token: str
    refresh_token: str
    expires_in: int
    refresh_expires_in: int
    open_id: str
    scope: str = ""

    def __repr__(self) -> str:
        return f"Token({self.open_id})"


class Refusal(msgspec.Struct):
    error: str = ""
    error_description: str = ""
    log_id: str = ""


async def exchange(
    client: httpx.AsyncClient, base: str, *, us: Client, code: str, redirect_uri: str, verifier: str
) -> Token:
    """A code, once, for tokens. Raises `ReauthRequired` where TikTok won't have the code."""
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
    }
    return await token(client, base, us, fields)


async def refresh(client: httpx.AsyncClient, base: str, *, us: Client, refresh_token: str) -> Token:
    """Raises `ReauthRequired` where the refresh token is of no more use."""
    return await token(client, base, us, {"grant_type": "refresh_token", "refresh_token": refresh_token})


async def token(client: httpx.AsyncClient, base: str, us: Client, fields: Mapping[str, str]) -> Token:
    """An error may come with any status: nothing says which."""
    named = {"client_key": us.client_id, "client_secret": us.client_secret, **fields}
    answer = await http.ask(client, "POST", base + PATH, headers={**FORM}, content=urlencode(named).encode())
    told = said(answer)
    if told.error or not answer.ok:
        refuse(answer, told)
    return http.read(answer, Token)


def refuse(answer: Answer, told: Refusal) -> NoReturn:
    log_id = plain(told.log_id)
    words = answer.quoted(told.error_description or told.error) + (f", log {log_id}" if log_id else "")
    if told.error == "invalid_grant" or (
        told.error == "invalid_request" and "refresh token" in told.error_description.lower()
    ):
        raise ReauthRequired("TOKEN_REFUSED", f"TikTok won't have the token: connect it again ({words})")
    if told.error in {"invalid_client", "unauthorized_client"}:
        raise Rejected(
            "APP_REFUSED",
            f"TikTok refuses our app: check TIKTOK_CLIENT_KEY and its secret ({words})",
            category="config",
        )
    if answer.status == 429:
        after_s = http.rest_s(answer.headers, reset="X-RateLimit-Reset")
        raise Throttled("PLATFORM_RATE_LIMITED", "TikTok asks for a rest", after_s=after_s)
    if told.error in {"server_error", "temporarily_unavailable"} or not (answer.settled or answer.ok):
        raise NotSent("PLATFORM_FAILED", f"TikTok failed; it is tried again ({words})")
    raise Rejected("PLATFORM_REJECTED", f"TikTok refuses it ({words})", category="platform_rejected")


def said(answer: Answer) -> Refusal:
    """An empty one where the body isn't the API's own."""
    try:
        return msgspec.json.decode(answer.body, type=Refusal)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Refusal()
