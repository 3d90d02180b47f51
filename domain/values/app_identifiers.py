"""Identifiers of apps: bundle id, package, host of a website."""

import re

import idna

from domain.values.ssrf_guard import NUMERIC_HOST_PATTERN
from schemas.errors import InvalidValue

#: Letters, digits, hyphens and periods, in reverse-DNS form (developer.apple.com/help/glossary/bundle-id,
#: 2026-11-27); App Store Connect accepts 155 characters.
IOS_BUNDLE_ID_PATTERN = re.compile(r"(?=.{3,155}$)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
#: Two segments or more, each begins with a letter, then letters, digits and underscores
#: (developer.android.com/build/configure-app-module#set-application-id, 2026-11-27).
ANDROID_PACKAGE_PATTERN = re.compile(r"(?=.{3,150}$)[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)+")
#: RFC 1123 2.1, with two labels at least.
WEB_HOST_PATTERN = re.compile(r"(?=.{3,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.(?!$)|$)){2,}")
#: A developer's own machine, on any port.
DEV_WEB_DOMAIN = "localhost"


def check_ios_bundle_id(text: str, path: str) -> str:
    """Return an app's bundle id unchanged. Raises `InvalidValue` at `path` for a malformed one."""
    if not IOS_BUNDLE_ID_PATTERN.fullmatch(text):
        raise InvalidValue(path, "not a bundle id such as com.example.app: letters, digits, hyphens and periods")
    return text


def check_android_package(text: str, path: str) -> str:
    """Return an Android app's package name unchanged. Raises `InvalidValue` at `path` for a malformed one."""
    if not ANDROID_PACKAGE_PATTERN.fullmatch(text):
        raise InvalidValue(path, "not a package such as com.example.app: two words or more, each after a letter")
    return text


def normalize_web_domain(text: str, path: str) -> str:
    """Return the host in lower case, as browsers send it: `bücher.example` is `xn--bcher-kva.example`.

    Raises `InvalidValue` for an address, a port, or a single label other than `localhost`.
    """
    host = _to_ascii_host(text.lower())
    if host != DEV_WEB_DOMAIN and (not WEB_HOST_PATTERN.fullmatch(host) or NUMERIC_HOST_PATTERN.fullmatch(host)):
        raise InvalidValue(path, "not a host such as app.example.com: no scheme, port, path, address or wildcard")
    return host


def _to_ascii_host(host: str) -> str:
    """Return the host's A-label form; empty if no registry accepts it."""
    if host.isascii() and "xn--" not in host:
        return host
    try:
        return idna.encode(host, uts46=True).decode()
    except UnicodeError:
        return ""
