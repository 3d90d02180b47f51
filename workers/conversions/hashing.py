"""Hashing of personal data: SHA-256 of a normal form, by Meta's SDK and TikTok's documentation.

A value that is already such a hash passes. A value without a normal form is left out: its hash would match no
person.
(developers.facebook.com/docs/marketing-api/conversions-api/parameters/customer-information-parameters,
business-api.tiktok.com/portal/docs?id=1771101204435970, 2026-11)
"""

import hashlib
import re
from collections.abc import Callable, Mapping

from domain.values.countries import CODES

_HASH = re.compile(r"[0-9a-f]{64}")
_EMAIL = re.compile(r".+@.+\..+")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_BESIDE_DIGITS = re.compile(r"[\s\-()]")
_BESIDE_PLACE = re.compile(r"[0-9.\s\-()]")
_BESIDE_LETTERS = re.compile(r"[^a-z]")
_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})", re.ASCII)


def email(text: str) -> str | None:
    return text if _EMAIL.match(text) else None


def phone(text: str) -> str | None:
    """Return a number in E.164 with its plus: without a country the number is ambiguous."""
    found = _BESIDE_DIGITS.sub("", text)
    return found if _PHONE.fullmatch(found) else None


def _digits(text: str) -> str | None:
    found = phone(text)
    return found and found[1:]


def _same(text: str) -> str | None:
    return text


def _place(text: str) -> str | None:
    return _BESIDE_PLACE.sub("", text)


def _postcode(text: str) -> str | None:
    return re.sub(r"\s", "", text).split("-")[0]


def _country(text: str) -> str | None:
    code = _BESIDE_LETTERS.sub("", text)
    return code if code in CODES else None


def _gender(text: str) -> str | None:
    return text[0] if text in {"f", "m", "female", "male"} else None


def _birthday(text: str) -> str | None:
    found = _DATE.match(text)
    return "".join(found.groups()) if found else None


#: Normal forms by Meta's field names.
META: Mapping[str, Callable[[str], str | None]] = {
    "em": email,
    "ph": _digits,
    "fn": _same,
    "ln": _same,
    "ge": _gender,
    "db": _birthday,
    "ct": _place,
    "st": _place,
    "zp": _postcode,
    "country": _country,
}

#: Normal forms by TikTok's field names. For names and addresses the sources contradict each other: its own
#: template for tag managers sends none, Segment's destination hashes names and postcodes without blanks and
#: sends places in plain, PostHog's hashes names with blanks (github.com/tiktok/gtm-template-eapi,
#: segmentio/action-destinations, PostHog/posthog, 2026-11). A hash of another form matches no person, and no
#: name is sent in plain.
TIKTOK: Mapping[str, Callable[[str], str | None]] = {"email": email, "phone": phone}


def hashed(text: str, normal: Callable[[str], str | None]) -> str | None:
    """Return the hash of a text's normal form; None for a text without one."""
    lower = text.lower().strip()
    if _HASH.fullmatch(lower):
        return lower
    found = normal(lower)
    return sha256(found) if found else None


def hashed_id(text: str) -> str | None:
    """Return the hash of the app's own id, which is case-sensitive."""
    bare = text.strip()
    if _HASH.fullmatch(bare):
        return bare
    return sha256(bare) if bare else None


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
