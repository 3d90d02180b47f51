"""Hashing of personal data: SHA-256 of a normal form, by Meta's SDK and TikTok's documentation.

A value that is already such a hash passes. A value without a normal form is left out: its hash would match no
person.
(developers.facebook.com/docs/marketing-api/conversions-api/parameters/customer-information-parameters,
business-api.tiktok.com/portal/docs?id=1771101204435970, 2026-11)
"""

import hashlib
import re
from collections.abc import Callable, Mapping

from domain.values.countries import COUNTRY_CODES

_HASHED_VALUE_PATTERN = re.compile(r"[0-9a-f]{64}")
_HASHABLE_EMAIL_PATTERN = re.compile(r".+@.+\..+")
_E164_PHONE_PATTERN = re.compile(r"\+[1-9][0-9]{6,14}")
_PHONE_PUNCTUATION_PATTERN = re.compile(r"[\s\-()]")
_CITY_DIGIT_PUNCTUATION_PATTERN = re.compile(r"[0-9.\s\-()]")
_COUNTRY_NON_LETTER_PATTERN = re.compile(r"[^a-z]")
_BIRTHDAY_PATTERN = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})", re.ASCII)


def keep_valid_email(text: str) -> str | None:
    return text if _HASHABLE_EMAIL_PATTERN.match(text) else None


def normalize_phone_to_e164(text: str) -> str | None:
    """Return a phone number in E.164 form with its plus, without blanks, dashes and brackets.

    Return None for any other text, also for a number without plus and country code, which is ambiguous.
    """
    number = _PHONE_PUNCTUATION_PATTERN.sub("", text)
    return number if _E164_PHONE_PATTERN.fullmatch(number) else None


def _normalize_phone_to_digits(text: str) -> str | None:
    number = normalize_phone_to_e164(text)
    return number and number[1:]


def _keep_name_unchanged_to_hash(text: str) -> str | None:
    return text


def _normalize_city_or_state(text: str) -> str | None:
    return _CITY_DIGIT_PUNCTUATION_PATTERN.sub("", text)


def _normalize_postcode(text: str) -> str | None:
    return re.sub(r"\s", "", text).split("-")[0]


def _normalize_country_code(text: str) -> str | None:
    code = _COUNTRY_NON_LETTER_PATTERN.sub("", text)
    return code if code in COUNTRY_CODES else None


def _clean_gender_to_hash(text: str) -> str | None:
    return text[0] if text in {"f", "m", "female", "male"} else None


def _normalize_birthday(text: str) -> str | None:
    match = _BIRTHDAY_PATTERN.match(text)
    return "".join(match.groups()) if match else None


#: Normal forms by Meta's field names.
NORMALIZER_BY_META_FIELD: Mapping[str, Callable[[str], str | None]] = {
    "em": keep_valid_email,
    "ph": _normalize_phone_to_digits,
    "fn": _keep_name_unchanged_to_hash,
    "ln": _keep_name_unchanged_to_hash,
    "ge": _clean_gender_to_hash,
    "db": _normalize_birthday,
    "ct": _normalize_city_or_state,
    "st": _normalize_city_or_state,
    "zp": _normalize_postcode,
    "country": _normalize_country_code,
}

#: Normal forms by TikTok's field names. For names and addresses the sources contradict each other: its own
#: template for tag managers sends none, Segment's destination hashes names and postcodes without blanks and
#: sends places in plain, PostHog's hashes names with blanks (github.com/tiktok/gtm-template-eapi,
#: segmentio/action-destinations, PostHog/posthog, 2026-11). A hash of another form matches no person, and no
#: name is sent in plain.
NORMALIZER_BY_TIKTOK_FIELD: Mapping[str, Callable[[str], str | None]] = {
    "email": keep_valid_email,
    "phone": normalize_phone_to_e164,
}


def hash_personal_field(text: str, normal: Callable[[str], str | None]) -> str | None:
    """Return the hexadecimal SHA-256 of a personal text's normal form, which the function `normal` returns.

    Return None for a text without a normal form. A text that is such a hash already is returned in lower case.
    """
    lower = text.lower().strip()
    if _HASHED_VALUE_PATTERN.fullmatch(lower):
        return lower
    normalized = normal(lower)
    return sha256_hex(normalized) if normalized else None


def hash_user_id(text: str) -> str | None:
    """Return the hexadecimal SHA-256 of a person's id in the app, stripped, its case unchanged; None if blank.

    An id that is such a hash already is returned as it is.
    """
    bare = text.strip()
    if _HASHED_VALUE_PATTERN.fullmatch(bare):
        return bare
    return sha256_hex(bare) if bare else None


def sha256_hex(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
