"""Formats of the fields that are sent in plain: a value of another format is dropped.

Sources, all of 2026-11. `fbc` and `fbp`:
developers.facebook.com/docs/marketing-api/conversions-api/parameters/fbp-and-fbc; their appendix is from
Meta's parameter builder (github.com/facebook/capi-param-builder). `ttclid` begins with `E.C.P.`, and `ttp`
has 27 letters and digits in the example: business-api.tiktok.com/portal/docs?id=1771100865818625.
"""

import re
import time
from functools import partial
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from workers.conversions.pii import UNKNOWN_PERSON, KnownPerson, Strictness, contains_pii

#: Longer labels, ids and user agents are dropped.
MAX_LABEL_CHARS = 64
MAX_ID_CHARS = 100
MAX_USER_AGENT_CHARS = 700

#: The earliest time in an id of Meta's, in Unix milliseconds.
_FIRST_MS = 1_262_304_000_000
#: How far a browser's clock may be ahead, in milliseconds.
_AHEAD_MS = 86_400_000

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
_DATED_ORDER_ID = re.compile(
    r"(?P<prefix>#?(?:[A-Z]{1,10}[-_/#]?)?)20[23]\d(?:-?(?:0[1-9]|1[0-2])(?:-?(?:0[1-9]|[12]\d|3[01]))?)?[-_/.]",
    re.IGNORECASE,
)
_IN_USER_AGENT = re.compile(r"[^\s;(),]*@[^\s;(),]*|(?<![^\s;(),])\+?\d{7,}(?![^\s;(),])")


def check_ip(text: str, _: KnownPerson = UNKNOWN_PERSON) -> str | None:
    """Return an IP address in its normal form, a mapped IPv6 one as IPv4; None for a text that is none."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if not isinstance(address, IPv6Address):
        return str(address)
    return None if address.scope_id else str(address.ipv4_mapped or address)


def check_user_agent(text: str, known: KnownPerson = UNKNOWN_PERSON) -> str | None:
    """Cut e-mail addresses and bare numbers out. None if the rest may identify a person or is too long."""
    remainder = _IN_USER_AGENT.sub("", text).strip()
    # A browser's version may look like an IP address.
    unversioned = _VERSION.sub("", remainder)
    if (
        not remainder
        or len(remainder) > MAX_USER_AGENT_CHARS
        or contains_pii(unversioned, Strictness.SPACED, known)
    ):
        return None
    return remainder


def _check_timed_id(form: re.Pattern[str], text: str, known: KnownPerson = UNKNOWN_PERSON) -> str | None:
    token = _check_token(form, text, known)
    match = form.fullmatch(token) if token else None
    latest = time.time() * 1000 + _AHEAD_MS
    return token if match and _FIRST_MS <= int(match["made"]) <= latest else None


def _check_token(form: re.Pattern[str], text: str, known: KnownPerson = UNKNOWN_PERSON) -> str | None:
    return text if form.fullmatch(text) and not contains_pii(text, Strictness.MARKED, known) else None


#: A click id: `fb.SUBDOMAINS.MS.FBCLID`; and a browser id: `fb.SUBDOMAINS.MS.RANDOM`.
check_fbc, check_fbp = partial(_check_timed_id, _FBC), partial(_check_timed_id, _FBP)
check_ttclid, check_ttp = partial(_check_token, _TTCLID), partial(_check_token, _TTP)


def check_advertising_id(text: str, known: KnownPerson = UNKNOWN_PERSON) -> str | None:
    """Check a device's advertising id: a UUID, as of Android and iOS; all zeros mean no id."""
    token = _check_token(_ADVERTISING_ID, text, known)
    return token if token and token.strip("0-") else None


def check_product_id(text: str, known: KnownPerson = UNKNOWN_PERSON) -> str | None:
    """Check an id of a catalog. It may be a bare number: a GTIN, or a shop's own."""
    if len(text) > MAX_ID_CHARS or contains_pii(_without_date(text), Strictness.SPACED, known):
        return None
    return None if contains_pii(text, Strictness.SPACED, known) else text


def check_order_id(text: str, known: KnownPerson = UNKNOWN_PERSON) -> str | None:
    """Check an order id. It may begin with a date; without the date it must not look like a phone number."""
    if len(text) > MAX_ID_CHARS or contains_pii(_without_date(text), Strictness.WRITTEN, known):
        return None
    return None if contains_pii(text, Strictness.SPACED, known) else text


def check_search_words(text: str, known: KnownPerson = UNKNOWN_PERSON) -> str | None:
    """Check the words of a search."""
    return None if contains_pii(text.replace("/", "-"), Strictness.DIGITS, known) else text


def check_label(text: str, known: KnownPerson = UNKNOWN_PERSON) -> str | None:
    """Check a name or version of a device, an app or a network."""
    if len(text) > MAX_LABEL_CHARS or contains_pii(_without_date(text), Strictness.SPACED, known):
        return None
    return None if contains_pii(text, Strictness.SPACED, known) else text


def check_origin(text: str, _: KnownPerson = UNKNOWN_PERSON) -> str | None:
    """Return scheme and host of a page's address; None for an IP address: ads lead to host names."""
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host or not _HOST.fullmatch(host):
        return None
    return None if contains_pii(host, Strictness.DIGITS) else f"{parts.scheme}://{host}"


def check_path(text: str, known: KnownPerson = UNKNOWN_PERSON) -> str | None:
    """Check the path of a page's address."""
    return None if contains_pii(text, Strictness.DIGITS, known) else text


def _without_date(text: str) -> str:
    """Drop a leading date: with its digits, a phone number has more than the 15 digits of E.164."""
    dated = _DATED_ORDER_ID.match(text)
    return dated["prefix"] + text[dated.end() :] if dated else text
