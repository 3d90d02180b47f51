"""Redaction: hides personal data in events from keys without the right to read it.

The rule uses the names of fields, at any depth, and values that look like an address. It prefers to hide too
much. `docs/explain/metrics.md` describes it.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from domain.values.ip_text import is_ip_address
from schemas.events import REDACTED_PII_TEXT

#: Parts of names, in lower case without punctuation: a name that contains one is of a person or a device.
PERSONAL_FIELD_NAME_PARTS = (
    "email", "phone", "address", "firstname", "lastname", "middlename", "fullname", "surname", "username",
    "nickname", "displayname", "birth", "passport", "password", "secret", "token", "iban", "creditcard",
    "cardnumber", "deviceid", "advertisingid", "vendorid", "androidid", "fingerprint", "userid",
    "anonymousid", "customerid", "externalid", "contactid", "useragent", "latitude", "longitude", "postal",
    "postcode", "zipcode", "street", "avatar",
)  # fmt: skip

#: Whole names.
PERSONAL_FIELD_NAMES = frozenset(
    "name first last mail ip ips ipv4 ipv6 mac tel mobile sms fax whatsapp gender sex dob age ssn nin vat zip"
    " city lat lng lon geo coordinates idfa idfv gaid aaid adid imei imsi meid serial cookie cookies fbp fbc"
    " fbclid gclid gbraid wbraid ttclid ttp msclkid login handle signature em ph fn ln ge db ct st zp state"
    " country".split()
)

#: Objects with only personal fields, and texts that are personal.
PERSONAL_OBJECT_NAMES = frozenset(
    "traits user person people customer client contact profile recipient sender member patient guest billing"
    " shipping identity location".split()
)

#: Objects with an `id` that identifies a person, or leads to one.
APP_EVENT_OBJECTS_WITH_PERSONAL_ID = frozenset({"device"})

#: Objects with a `name` that is no person's.
EVENT_OBJECTS_WITH_UNREDACTED_NAME = frozenset(
    "app os library campaign screen page product products item items category plan brand event browser store"
    " integration network".split()
)

#: Events with personal `properties`.
PERSONAL_EVENT_NAMES = frozenset({"$identify", "$group", "$alias"})

_EVENT_FIELD_PUNCTUATION_PATTERN = re.compile(r"[\W_]+")
_EMAIL_PHONE_PATTERN = re.compile(r"[^\s@]@[^\s@]+\.|[^\s%]%40|\+\d[\d\s().-]{6,}")
_RUN_OF_NON_SPACES_PATTERN, _URL_QUERY_OR_FRAGMENT_MARK_PATTERN = re.compile(r"\S+"), re.compile(r"[?#]")

#: Characters of an IP address, at most.
MAX_IP_CHARACTERS = 45

#: Numbers keep their text: parsing must not change them.
_EVENT_REDACTION_DECODER = msgspec.json.Decoder(float_hook=lambda text: msgspec.Raw(str(text).encode()))


def redact_event_json(text: str, *, event_name: str = "") -> msgspec.Raw:
    """Return an event's JSON object with personal names and values replaced by `REDACTED_PII_TEXT`, URLs without query.

    For an event about a person, such as `$identify`, each value of the object is replaced.
    """
    parsed = _EVENT_REDACTION_DECODER.decode(text)
    whole = event_name in PERSONAL_EVENT_NAMES
    redacted = dict.fromkeys(parsed, REDACTED_PII_TEXT) if whole else _redact_app_event_object(parsed, within="")
    return msgspec.Raw(msgspec.json.encode(redacted))


def redact_personal_event_id(text: str) -> str:
    """Return an event's id; `REDACTED_PII_TEXT` if it has an e-mail address or phone number or is an IP address."""
    return REDACTED_PII_TEXT if _has_email_phone_or_ip(text) else text


def _redact_app_event_object(found: Mapping[str, Any], *, within: str) -> dict[str, Any]:
    return {
        _redact_field_name_with_address(name): _redact_event_field(_normalize_event_field_name(name), value, within)
        for name, value in found.items()
    }


def _redact_field_name_with_address(name: str) -> str:
    """Return a JSON field's name, or `REDACTED_PII_TEXT` if it contains a personal address, as in maps by person."""
    return REDACTED_PII_TEXT if _has_email_phone_or_ip(name) else name


def _redact_event_field(name: str, value: Any, within: str) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if _is_redacted_field(name, within) or (name in PERSONAL_OBJECT_NAMES and isinstance(value, (dict, list, str))):
        return REDACTED_PII_TEXT
    return _redact_event_value(value, within=name)


def _is_redacted_field(name: str, within: str) -> bool:
    if name == "name":
        return within not in EVENT_OBJECTS_WITH_UNREDACTED_NAME
    if name == "id":
        return within in APP_EVENT_OBJECTS_WITH_PERSONAL_ID
    return name in PERSONAL_FIELD_NAMES or any(part in name for part in PERSONAL_FIELD_NAME_PARTS)


def _redact_event_value(value: Any, *, within: str) -> Any:
    if isinstance(value, dict):
        return _redact_app_event_object(value, within=within)
    if isinstance(value, list):
        return [_redact_event_value(item, within=within) for item in value]
    return _redact_event_text(value) if isinstance(value, str) else value


def _redact_event_text(text: str) -> str:
    if _has_email_phone_or_ip(text):
        return REDACTED_PII_TEXT
    return (
        _RUN_OF_NON_SPACES_PATTERN.sub(_strip_url_query, text)
        if _URL_QUERY_OR_FRAGMENT_MARK_PATTERN.search(text)
        else text
    )


def _strip_url_query(word: re.Match[str]) -> str:
    """Return a word of a text without its query and fragment if it is a URL, as these may contain anything.

    Returns any other word unchanged.
    """
    address, *rest = _URL_QUERY_OR_FRAGMENT_MARK_PATTERN.split(word[0], maxsplit=1)
    carries = "//" in word[0] or address.startswith("/") or (rest and "=" in rest[0])
    return address if carries else word[0]


def _has_email_phone_or_ip(text: str) -> bool:
    """Return whether a text contains an e-mail address or a phone number, or is an IP address."""
    return bool(_EMAIL_PHONE_PATTERN.search(text)) or (len(text) <= MAX_IP_CHARACTERS and is_ip_address(text.strip()))


def _normalize_event_field_name(name: str) -> str:
    return _EVENT_FIELD_PUNCTUATION_PATTERN.sub("", name).lower()
