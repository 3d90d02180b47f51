"""Identifiers of apps: bundle id, package, host of a website."""

import re

import idna

from domain.values.ssrf_guard import NUMERIC
from schemas.errors import Invalid

#: Letters, digits, hyphens and periods, in reverse-DNS form (developer.apple.com/help/glossary/bundle-id,
#: 2026-11-27); App Store Connect accepts 155 characters.
BUNDLE_ID = re.compile(r"(?=.{3,155}$)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
#: Two segments or more, each begins with a letter, then letters, digits and underscores
#: (developer.android.com/build/configure-app-module#set-application-id, 2026-11-27).
PACKAGE = re.compile(r"(?=.{3,150}$)[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)+")
#: RFC 1123 2.1, with two labels at least.
HOST = re.compile(r"(?=.{3,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.(?!$)|$)){2,}")
#: A developer's own machine, on any port.
LOCALHOST = "localhost"


def bundle_id(text: str, path: str) -> str:
    """Return a checked bundle id; raises `Invalid`."""
    if not BUNDLE_ID.fullmatch(text):
        raise Invalid(path, "not a bundle id such as com.example.app: letters, digits, hyphens and periods")
    return text


def package(text: str, path: str) -> str:
    """Return a checked package; raises `Invalid`."""
    if not PACKAGE.fullmatch(text):
        raise Invalid(path, "not a package such as com.example.app: two words or more, each after a letter")
    return text


def web_domain(text: str, path: str) -> str:
    """Return the host in lower case, as browsers send it: `bücher.example` is `xn--bcher-kva.example`.

    Raises `Invalid`.
    """
    host = _ascii(text.lower())
    if host != LOCALHOST and (not HOST.fullmatch(host) or NUMERIC.fullmatch(host)):
        raise Invalid(path, "not a host such as app.example.com: no scheme, port, path, address or wildcard")
    return host


def _ascii(host: str) -> str:
    """Return the host's A-label form; empty if no registry accepts it."""
    if host.isascii() and "xn--" not in host:
        return host
    try:
        return idna.encode(host, uts46=True).decode()
    except UnicodeError:
        return ""
