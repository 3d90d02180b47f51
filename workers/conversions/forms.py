"""Formats of the fields that are sent in plain: a value of another format is dropped.

Sources, all of 2026-11. `fbc` and `fbp`:
developers.facebook.com/docs/marketing-api/conversions-api/parameters/fbp-and-fbc; their appendix is from
Meta's parameter builder (github.com/facebook/capi-param-builder). `ttclid` begins with `E.C.P.`, and `ttp`
has 27 letters and digits in the example: business-api.tiktok.com/portal/docs?id=1771100865818625.
"""

import re
import time
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from workers.conversions.pii import NOBODY, Known, Strictness, tells

#: Limits in characters: longer labels, ids and user agents are dropped.
MAX_LABEL, MAX_ID, MAX_USER_AGENT = 64, 100, 700

#: Milliseconds: the earliest time in an id of Meta's, and how far a browser's clock may be ahead.
_FIRST_MS, _AHEAD_MS = 1_262_304_000_000, 86_400_000

_FB = r"fb\.[0-2]\.(?P<made>\d{13})\."
_APPENDIX = r"(?:\.[A-Za-z0-9_-]{2,8})?"
_FBC = re.compile(rf"{_FB}(?=[^.]*[A-Za-z])[A-Za-z0-9_-]{{20,500}}{_APPENDIX}", re.ASCII)
_FBP = re.compile(rf"{_FB}\d{{1,20}}{_APPENDIX}", re.ASCII)
_TTCLID = re.compile(r"E([._])C\1P\1(?=.*[A-Za-z])[A-Za-z0-9._-]{10,700}")
_TTP = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9_-]{20,40}(?:\.tt\.\d{1,2})?")
_ADVERTISING_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*\.?", re.IGNORECASE)
_VERSION = re.compile(r"(?<![^\s(])[\w.-]+/\d+(?:\.\d+)*(?![^\s);])")
#: The start of many order ids, such as `ORD-2026-` and `20261130-`.
_DATED = re.compile(
    r"(?P<prefix>#?(?:[A-Z]{1,10}[-_/#]?)?)20[23]\d(?:-?(?:0[1-9]|1[0-2])(?:-?(?:0[1-9]|[12]\d|3[01]))?)?[-_/.]",
    re.IGNORECASE,
)
_IN_USER_AGENT = re.compile(r"[^\s;(),]*@[^\s;(),]*|(?<![^\s;(),])\+?\d{7,}(?![^\s;(),])")


def ip(text: str, _: Known = NOBODY) -> str | None:
    """Parse an IPv4 or IPv6 address, and write it in its one normal form."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if not isinstance(address, IPv6Address):
        return str(address)
    return None if address.scope_id else str(address.ipv4_mapped or address)


def user_agent(text: str, known: Known = NOBODY) -> str | None:
    """Cut e-mail addresses and bare numbers out. None if the rest may identify a person or is too long."""
    left = _IN_USER_AGENT.sub("", text).strip()
    # A browser's version may look like an IP address.
    unversioned = _VERSION.sub("", left)
    if not left or len(left) > MAX_USER_AGENT or tells(unversioned, Strictness.SPACED, known):
        return None
    return left


def fbc(text: str, known: Known = NOBODY) -> str | None:
    """Check a click id: `fb.SUBDOMAINS.MS.FBCLID`."""
    return _timed(_FBC, text, known)


def fbp(text: str, known: Known = NOBODY) -> str | None:
    """Check a browser id: `fb.SUBDOMAINS.MS.RANDOM`."""
    return _timed(_FBP, text, known)


def ttclid(text: str, known: Known = NOBODY) -> str | None:
    return _token(_TTCLID, text, known)


def ttp(text: str, known: Known = NOBODY) -> str | None:
    return _token(_TTP, text, known)


def advertising_id(text: str, known: Known = NOBODY) -> str | None:
    """Check a device's advertising id: a UUID, as of Android and iOS; all zeros mean no id."""
    found = _token(_ADVERTISING_ID, text, known)
    return found if found and found.strip("0-") else None


def product_id(text: str, known: Known = NOBODY) -> str | None:
    """Check an id of a catalog. It may be a bare number: a GTIN, or a shop's own."""
    return None if len(text) > MAX_ID or tells(text, Strictness.SPACED, known) else text


def order_id(text: str, known: Known = NOBODY) -> str | None:
    """Check an order id. It may begin with a date; without the date it must not look like a phone number."""
    found = _DATED.match(text)
    undated = found["prefix"] + text[found.end() :] if found else text
    if len(text) > MAX_ID or tells(undated, Strictness.WRITTEN, known):
        return None
    return None if tells(text, Strictness.SPACED, known) else text


def words(text: str, known: Known = NOBODY) -> str | None:
    """Check the words of a search."""
    return None if tells(text.replace("/", "-"), Strictness.DIGITS, known) else text


def label(text: str, known: Known = NOBODY) -> str | None:
    """Check a name or version of a device, an app or a network."""
    return None if len(text) > MAX_LABEL or tells(text, Strictness.SPACED, known) else text


def origin(text: str, _: Known = NOBODY) -> str | None:
    """Return scheme and host of a page's address; None for an IP address: ads lead to host names."""
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host or not _HOST.fullmatch(host):
        return None
    return None if tells(host, Strictness.DIGITS) else f"{parts.scheme}://{host}"


def path(text: str, known: Known = NOBODY) -> str | None:
    """Check the path of a page's address."""
    return None if tells(text, Strictness.DIGITS, known) else text


def _timed(form: re.Pattern[str], text: str, known: Known) -> str | None:
    found = _token(form, text, known)
    match = form.fullmatch(found) if found else None
    latest = time.time() * 1000 + _AHEAD_MS
    return found if match and _FIRST_MS <= int(match["made"]) <= latest else None


def _token(form: re.Pattern[str], text: str, known: Known) -> str | None:
    return text if form.fullmatch(text) and not tells(text, Strictness.MARKED, known) else None
