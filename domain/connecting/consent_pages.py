"""Consent pages of each platform (OAuth 2, RFC 7636)."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import quote, urlencode

from domain.accounts.client_registrations import SCOPES, Client
from schemas.errors import Invalid
from schemas.settings import Settings


class ConsentPage(NamedTuple):
    """Consent page. `client` is its parameter for our client id; `challenge` derives one from a PKCE
    verifier.

    All `scopes` are required for a connection. The scopes in `figures` give access to the posts' figures.
    """

    path: str
    client: str
    scopes: str
    challenge: Callable[[str], str]
    figures: str = ""

    def url(self, service_url: str, *, client_id: str, redirect_uri: str, state: str, challenge: str) -> str:
        query = {
            "response_type": "code",
            self.client: client_id,
            "redirect_uri": redirect_uri,
            "scope": f"{self.scopes},{self.figures}" if self.figures else self.scopes,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{service_url}{self.path}?{urlencode(query, quote_via=quote)}"


class Application(NamedTuple):
    """Our application at a platform with one server for all accounts, from the operator's settings."""

    service_url: str
    client: Client


def applications(settings: Settings) -> Mapping[str, Application]:
    """Return the configured applications by platform."""
    tiktok = Client(settings.tiktok_client_key, settings.tiktok_client_secret)
    instagram = Client(settings.instagram_client_id, settings.instagram_client_secret)
    candidates = {
        "tiktok": Application(settings.tiktok_url, tiktok),
        "instagram": Application(settings.instagram_url, instagram),
    }
    return {
        platform: application for platform, application in candidates.items() if application.client.client_id
    }


def shared_urls(settings: Settings) -> Mapping[str, str]:
    """Return the server's address of each platform with one server for all accounts."""
    return {"tiktok": settings.tiktok_url, "instagram": settings.instagram_url}


def require_application(platform: str, settings: Settings, *, path: str) -> None:
    """Raise `Invalid` for a platform with one server for all accounts and no configured application."""
    if platform in shared_urls(settings) and platform not in applications(settings):
        raise Invalid(path, f"{platform} is not set up on this server: ask its operator")


def issuer(platform: str, service_url: str, *, one_place: bool) -> str:
    """Return the last part of a server's redirect URI.

    Each server has its own, so that another server's code is never taken for its code (RFC 9700 4.4).
    """
    if one_place:
        return platform
    return f"{platform}-{hashlib.sha256(service_url.encode()).hexdigest()[:16]}"


def s256(verifier: str) -> str:
    """Return RFC 7636's S256 challenge."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def hexadecimal(verifier: str) -> str:
    """Return TikTok's S256 challenge: the digest in hexadecimal (its Login Kit)."""
    return hashlib.sha256(verifier.encode()).hexdigest()


PAGES: Mapping[str, ConsentPage] = {
    "mastodon": ConsentPage("/oauth/authorize", "client_id", SCOPES, s256),
    "tiktok": ConsentPage(
        "/v2/auth/authorize/",
        "client_key",
        "user.info.basic,user.info.profile,video.publish,video.upload",
        hexadecimal,
        figures="user.info.stats,video.list",
    ),
    "instagram": ConsentPage(
        "/oauth/authorize",
        "client_id",
        "instagram_business_basic,instagram_business_content_publish",
        s256,
        figures="instagram_business_manage_insights",
    ),
}
