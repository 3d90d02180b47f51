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

from workers.conversions.pii import NO_KNOWN_PERSON_DATA, PersonDataToDetect, PiiNumberStrictness, contains_pii

#: Longer labels, ids and user agents are dropped.
MAX_DEVICE_LABEL_CHARS = 64
MAX_ORDER_OR_PRODUCT_ID_CHARS = 100
MAX_USER_AGENT_CHARS = 700

#: The earliest time in an id of Meta's, in Unix milliseconds.
_MIN_META_ID_TIME_MS = 1_262_304_000_000
#: How far a browser's clock may be ahead, in milliseconds.
_MAX_BROWSER_CLOCK_AHEAD_MS = 86_400_000

_META_FBC_FBP_PREFIX_REGEX = r"fb\.[0-2]\.(?P<made>\d{13})\."
_META_FBC_FBP_SUFFIX_REGEX = r"(?:\.[A-Za-z0-9_-]{2,8})?"
_META_CLICK_ID_PATTERN = re.compile(
    rf"{_META_FBC_FBP_PREFIX_REGEX}(?=[^.]*[A-Za-z])[A-Za-z0-9_-]{{20,500}}{_META_FBC_FBP_SUFFIX_REGEX}", re.ASCII
)
_META_BROWSER_ID_PATTERN = re.compile(rf"{_META_FBC_FBP_PREFIX_REGEX}\d{{1,20}}{_META_FBC_FBP_SUFFIX_REGEX}", re.ASCII)
_TIKTOK_CLICK_ID_PATTERN = re.compile(r"E([._])C\1P\1(?=.*[A-Za-z])[A-Za-z0-9._-]{10,700}")
_TIKTOK_BROWSER_ID_PATTERN = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9_-]{20,40}(?:\.tt\.\d{1,2})?")
_ADVERTISING_ID_PATTERN = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_HOST_NAME_PATTERN = re.compile(r"(?!-)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*\.?", re.IGNORECASE)
_USER_AGENT_PRODUCT_VERSION_PATTERN = re.compile(r"(?<![^\s(])[\w.-]+/\d+(?:\.\d+)*(?![^\s);])")
#: The start of many order ids, such as `ORD-2026-` and `20261130-`.
_DATED_ORDER_ID_PREFIX_PATTERN = re.compile(
    r"(?P<prefix>#?(?:[A-Z]{1,10}[-_/#]?)?)20[23]\d(?:-?(?:0[1-9]|1[0-2])(?:-?(?:0[1-9]|[12]\d|3[01]))?)?[-_/.]",
    re.IGNORECASE,
)
_PII_IN_USER_AGENT_PATTERN = re.compile(r"[^\s;(),]*@[^\s;(),]*|(?<![^\s;(),])\+?\d{7,}(?![^\s;(),])")


def normalize_ip_address(text: str, _: PersonDataToDetect = NO_KNOWN_PERSON_DATA) -> str | None:
    """Return an IP address in its normal form, a mapped IPv6 one as IPv4; None for another text, or with a zone."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if not isinstance(address, IPv6Address):
        return str(address)
    return None if address.scope_id else str(address.ipv4_mapped or address)


def strip_pii_of_sent_user_agent(text: str, known: PersonDataToDetect = NO_KNOWN_PERSON_DATA) -> str | None:
    """Return a user agent without the e-mail addresses and bare numbers of 7 digits or more in it.

    Return None if the rest is empty, longer than `MAX_USER_AGENT_CHARS`, or may identify a person.
    """
    remainder = _PII_IN_USER_AGENT_PATTERN.sub("", text).strip()
    # A browser's version may look like an IP address.
    unversioned = _USER_AGENT_PRODUCT_VERSION_PATTERN.sub("", remainder)
    if (
        not remainder
        or len(remainder) > MAX_USER_AGENT_CHARS
        or contains_pii(unversioned, PiiNumberStrictness.SPACED, known)
    ):
        return None
    return remainder


def _keep_meta_id_with_valid_time(
    form: re.Pattern[str], text: str, known: PersonDataToDetect = NO_KNOWN_PERSON_DATA
) -> str | None:
    token = _keep_id_matching_pattern_without_pii(form, text, known)
    match = form.fullmatch(token) if token else None
    latest = time.time() * 1000 + _MAX_BROWSER_CLOCK_AHEAD_MS
    return token if match and _MIN_META_ID_TIME_MS <= int(match["made"]) <= latest else None


def _keep_id_matching_pattern_without_pii(
    form: re.Pattern[str], text: str, known: PersonDataToDetect = NO_KNOWN_PERSON_DATA
) -> str | None:
    return text if form.fullmatch(text) and not contains_pii(text, PiiNumberStrictness.MARKED, known) else None


#: A click id: `fb.SUBDOMAINS.MS.FBCLID`; and a browser id: `fb.SUBDOMAINS.MS.RANDOM`.
check_fbc = partial(_keep_meta_id_with_valid_time, _META_CLICK_ID_PATTERN)
check_fbp = partial(_keep_meta_id_with_valid_time, _META_BROWSER_ID_PATTERN)
check_ttclid = partial(_keep_id_matching_pattern_without_pii, _TIKTOK_CLICK_ID_PATTERN)
check_ttp = partial(_keep_id_matching_pattern_without_pii, _TIKTOK_BROWSER_ID_PATTERN)


def keep_valid_advertising_id(text: str, known: PersonDataToDetect = NO_KNOWN_PERSON_DATA) -> str | None:
    """Return a device's advertising id unchanged. Return None for zeros and for any text that is no UUID."""
    token = _keep_id_matching_pattern_without_pii(_ADVERTISING_ID_PATTERN, text, known)
    return token if token and token.strip("0-") else None


def keep_product_id_if_no_pii(text: str, known: PersonDataToDetect = NO_KNOWN_PERSON_DATA) -> str | None:
    """Return a product's id in a catalog unchanged; None if it is too long or may identify a person.

    The id may be a bare number, such as a GTIN. Of the person `known`, only the phone number is searched in it.
    """
    return _keep_text_if_no_pii(text, known, MAX_ORDER_OR_PRODUCT_ID_CHARS, PiiNumberStrictness.SPACED)


def keep_order_id_if_no_pii(text: str, known: PersonDataToDetect = NO_KNOWN_PERSON_DATA) -> str | None:
    """Return an order's id unchanged; None if it is too long or may identify a person.

    The id may begin with a date. Without the date it must not look like a phone number.
    """
    return _keep_text_if_no_pii(text, known, MAX_ORDER_OR_PRODUCT_ID_CHARS, PiiNumberStrictness.WRITTEN)


def keep_search_words_if_no_pii(text: str, known: PersonDataToDetect = NO_KNOWN_PERSON_DATA) -> str | None:
    """Return a search's words unchanged; None if they may identify a person, such as by seven digits."""
    return None if contains_pii(text.replace("/", "-"), PiiNumberStrictness.DIGITS, known) else text


def keep_device_label_if_no_pii(text: str, known: PersonDataToDetect = NO_KNOWN_PERSON_DATA) -> str | None:
    """Return a name or version of a device, an app or a network unchanged.

    Return None if it is longer than `MAX_DEVICE_LABEL_CHARS` or may identify a person.
    """
    return _keep_text_if_no_pii(text, known, MAX_DEVICE_LABEL_CHARS, PiiNumberStrictness.SPACED)


def extract_page_origin_without_pii(text: str, _: PersonDataToDetect = NO_KNOWN_PERSON_DATA) -> str | None:
    """Return scheme and host of a page's HTTP address; None for an invalid host name, an IP address, personal data."""
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host or not _HOST_NAME_PATTERN.fullmatch(host):
        return None
    return None if contains_pii(host, PiiNumberStrictness.DIGITS) else f"{parts.scheme}://{host}"


def keep_page_path_if_no_pii(text: str, known: PersonDataToDetect = NO_KNOWN_PERSON_DATA) -> str | None:
    """Return the path of a page's address unchanged; None if it may identify a person."""
    return None if contains_pii(text, PiiNumberStrictness.DIGITS, known) else text


def _keep_text_if_no_pii(
    text: str, known: PersonDataToDetect, max_chars: int, undated: PiiNumberStrictness
) -> str | None:
    """Return the text unchanged; None if it is too long or may identify a person, with or without its date."""
    if len(text) > max_chars or contains_pii(_drop_date_prefix_of_order_id(text), undated, known):
        return None
    return None if contains_pii(text, PiiNumberStrictness.SPACED, known) else text


def _drop_date_prefix_of_order_id(text: str) -> str:
    """Return an id without the date at its start, such as `20261130-`. Letters before the date stay.

    A phone number after a date would have too many digits to be found as one.
    """
    dated = _DATED_ORDER_ID_PREFIX_PATTERN.match(text)
    return dated["prefix"] + text[dated.end() :] if dated else text
