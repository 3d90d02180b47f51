"""Consent pages of each platform (OAuth 2, RFC 7636)."""

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

from domain.accounts.client_registrations import OAuthClient
from platforms.description import PasswordLoginSpec, PlatformConsentPageSpec, SingleServerOAuthLogin
from platforms.registry import PLATFORMS_BY_NAME
from schemas.errors import InvalidValue
from schemas.settings import Settings

#: Consent pages by platform; one with app passwords has none.
CONSENT_PAGE_BY_PLATFORM: Mapping[str, PlatformConsentPageSpec] = {
    description.api_name: description.login.page
    for description in PLATFORMS_BY_NAME.values()
    if not isinstance(description.login, PasswordLoginSpec)
}
_SINGLE_SERVER_LOGINS_BY_PLATFORM = {
    description.api_name: description.login
    for description in PLATFORMS_BY_NAME.values()
    if isinstance(description.login, SingleServerOAuthLogin)
}


class PlatformOAuthApp(NamedTuple):
    """Our application at a platform with one server for all accounts, from the operator's settings."""

    service_url: str
    client: OAuthClient


def read_platform_oauth_apps(settings: Settings) -> Mapping[str, PlatformOAuthApp]:
    """Return our OAuth application by platform with one server for all; a platform without a client id is absent."""
    candidates = {
        platform: PlatformOAuthApp(
            getattr(settings, login.url),
            OAuthClient(getattr(settings, login.client_id), getattr(settings, login.client_secret)),
        )
        for platform, login in _SINGLE_SERVER_LOGINS_BY_PLATFORM.items()
    }
    return {platform: application for platform, application in candidates.items() if application.client.client_id}


def read_single_server_platform_urls(settings: Settings) -> Mapping[str, str]:
    """Return the server's address of each platform with one server for all accounts, by platform."""
    return {platform: getattr(settings, login.url) for platform, login in _SINGLE_SERVER_LOGINS_BY_PLATFORM.items()}


def check_platform_oauth_app_configured(platform: str, settings: Settings, *, path: str) -> None:
    """Raise `InvalidValue` for a platform with one server for all accounts and no configured application."""
    if platform in read_single_server_platform_urls(settings) and platform not in read_platform_oauth_apps(settings):
        raise InvalidValue(path, f"{platform} is not set up on this server: ask its operator")


def build_redirect_uri_suffix(platform: str, service_url: str, *, one_place: bool) -> str:
    """Return the last path part of a server's redirect URI: the platform's name and, unless `one_place`, a hash.

    Each server has its own, so that another server's code is never taken for its code (RFC 9700 4.4).
    """
    if one_place:
        return platform
    return f"{platform}-{hashlib.sha256(service_url.encode()).hexdigest()[:16]}"
