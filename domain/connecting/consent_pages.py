"""Consent pages, where a person lets us in, platform by platform (OAuth 2, RFC 7636)."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import quote, urlencode

from domain.accounts.client_registrations import SCOPES, Client
from schemas.errors import Invalid
from schemas.settings import Settings


class Page(NamedTuple):
    """`client` is what the page calls our client id, `challenge` makes one of a PKCE verifier.

    Without `scopes` nothing is connected. Those of `figures` let us read what became of posts.
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
    """Our application with a platform that has one server for everybody, as an operator set it."""

    service_url: str
    client: Client


def applications(settings: Settings) -> Mapping[str, Application]:
    """By platform; one that is not set is not there."""
    tiktok = Client(settings.tiktok_client_key, settings.tiktok_client_secret)
    instagram = Client(settings.instagram_client_id, settings.instagram_client_secret)
    known = {
        "tiktok": Application(settings.tiktok_url, tiktok),
        "instagram": Application(settings.instagram_url, instagram),
    }
    return {platform: found for platform, found in known.items() if found.client.client_id}


def shared_urls(settings: Settings) -> Mapping[str, str]:
    """The server of everybody's account, of the platforms that have one."""
    return {"tiktok": settings.tiktok_url, "instagram": settings.instagram_url}


def require_application(platform: str, settings: Settings, *, path: str) -> None:
    """Raises `Invalid` for a platform that has one server for everybody and no application of ours."""
    if platform in shared_urls(settings) and platform not in applications(settings):
        raise Invalid(path, f"{platform} is not set up on this server: ask its operator")


def issuer(platform: str, service_url: str, *, one_place: bool) -> str:
    """The last part of the address that a server sends people back to.

    Its own, so that no other server's code is taken for one of its (RFC 9700 4.4).
    """
    if one_place:
        return platform
    return f"{platform}-{hashlib.sha256(service_url.encode()).hexdigest()[:16]}"


def s256(verifier: str) -> str:
    """RFC 7636's S256."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def hexadecimal(verifier: str) -> str:
    """TikTok's reading of S256: the digest in hexadecimal (its Login Kit)."""
    return hashlib.sha256(verifier.encode()).hexdigest()


PAGES: Mapping[str, Page] = {
    "mastodon": Page("/oauth/authorize", "client_id", SCOPES, s256),
    "tiktok": Page(
        "/v2/auth/authorize/",
        "client_key",
        "user.info.basic,user.info.profile,video.publish,video.upload",
        hexadecimal,
        figures="user.info.stats,video.list",
    ),
    "instagram": Page(
        "/oauth/authorize",
        "client_id",
        "instagram_business_basic,instagram_business_content_publish",
        s256,
        figures="instagram_business_manage_insights",
    ),
}
