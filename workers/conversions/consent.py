"""Consent of the person behind an event, from its context. Without consent no event is sent.

An event without consent fields in its context is sent: then the app asks the person, and sends events only
after a yes. An iPhone's own prompt counts too (developer.apple.com/app-store/user-privacy-and-data-use,
2026-11).
"""

import re
from typing import Any

from workers.conversions.person import ConversionEventJson
from workers.conversions.verdict import ConversionSkipReason

SKIP_REASON_NO_AD_CONSENT = ConversionSkipReason(
    "NO_CONSENT", "the person didn't consent to the use of this event for advertising"
)
SKIP_REASON_TRACKING_DENIED = ConversionSkipReason("TRACKING_DENIED", "the person's device doesn't allow tracking")

#: Purposes that require the person's consent, in lower case without punctuation.
_ADVERTISING_CONSENT_PURPOSES = frozenset(
    {"advertising", "marketing", "targeting", "aduserdata", "adstorage", "adpersonalization"}
)
#: The field of Segment's clients for them.
_SEGMENT_CLIENT_CONSENT_FIELD = "categoryPreferences"
_CONSENT_YES_VALUES = frozenset({"granted", "yes", "true", "authorized", "1"})
#: Apple's tracking states as words and numbers, all but `authorized`.
_DENIED_TRACKING_STATES = frozenset({"notdetermined", "restricted", "denied", "0", "1", "2"})
_EVENT_FIELD_PATHS_OF_TRACKING_STATE = (
    ("context", "device", "attStatus"),
    ("context", "device", "att_status"),
    ("context", "device", "trackingAuthorizationStatus"),
)
_EVENT_FIELD_PATHS_OF_TRACKING_FLAG = (
    ("context", "device", "adTrackingEnabled"),
    ("context", "device", "ad_tracking_enabled"),
)
_META_DATA_PROCESSING_OPTION_FIELDS = ("dataProcessingOptions", "data_processing_options")


def find_consent_refusal(tree: ConversionEventJson) -> ConversionSkipReason | None:
    """Return why to skip an event (no consent, tracking denied); None if it may be sent, as without such fields."""
    consent = tree.find_value_at_path("context", "consent")
    if consent is not None and not _has_agreed_to_advertising(consent):
        return SKIP_REASON_NO_AD_CONSENT
    if any(tree.find_value_at_path(*path) is False for path in _EVENT_FIELD_PATHS_OF_TRACKING_FLAG):
        return SKIP_REASON_TRACKING_DENIED
    state = tree.find_first_text_at_paths(*_EVENT_FIELD_PATHS_OF_TRACKING_STATE)
    return SKIP_REASON_TRACKING_DENIED if state and _normalize_consent_word(state) in _DENIED_TRACKING_STATES else None


def does_device_allow_tracking(tree: ConversionEventJson) -> bool:
    """Return whether the event's device explicitly lets this app track the person; False if it says nothing."""
    state = tree.find_first_text_at_paths(*_EVENT_FIELD_PATHS_OF_TRACKING_STATE)
    return any(tree.find_value_at_path(*path) is True for path in _EVENT_FIELD_PATHS_OF_TRACKING_FLAG) or (
        state is not None and _normalize_consent_word(state) in {"authorized", "3"}
    )


def read_limited_data_use_codes(tree: ConversionEventJson) -> tuple[int, int] | None:
    """Return the country and state codes of an event that requests Meta's Limited Data Use.

    Return None for an event that doesn't request it. A code of 0 lets Meta locate the person.
    """
    for name in _META_DATA_PROCESSING_OPTION_FIELDS:
        options = tree.find_value_at_path("context", name)
        if isinstance(options, list) and "LDU" in options:
            country = _read_limited_data_use_region_code(tree, f"{name}Country", f"{name}_country", most=1)
            return country, _read_limited_data_use_region_code(tree, f"{name}State", f"{name}_state", most=1100)
    return None


def _read_limited_data_use_region_code(tree: ConversionEventJson, *names: str, most: int) -> int:
    """Return Meta's code of a country (0 or 1) or a state (0 or from 1000 on), read from the event's context.

    0 if no field in `names` has a whole number up to `most`
    (developers.facebook.com/docs/marketing-apis/data-processing-options, 2026-11).
    """
    values = (tree.find_value_at_path("context", name) for name in names)
    return next((value for value in values if type(value) is int and 0 <= value <= most), 0)


def _has_agreed_to_advertising(consent: Any) -> bool:
    """Return whether the consent in an event's context allows advertising.

    The person must agree to each purpose of advertising, without one to all; `granted` is a single yes or no.
    """
    if not isinstance(consent, dict):
        return _is_consent_yes_value(consent)
    nested = consent.get(_SEGMENT_CLIENT_CONSENT_FIELD)
    purposes = {name: value for name, value in consent.items() if name != _SEGMENT_CLIENT_CONSENT_FIELD}
    purposes |= nested if isinstance(nested, dict) else {}
    advertising = [
        value for name, value in purposes.items() if _normalize_consent_word(name) in _ADVERTISING_CONSENT_PURPOSES
    ]
    return all(map(_is_consent_yes_value, advertising or purposes.values()))


def _is_consent_yes_value(value: Any) -> bool:
    return value is True or (isinstance(value, str) and _normalize_consent_word(value) in _CONSENT_YES_VALUES)


def _normalize_consent_word(text: str) -> str:
    return re.sub(r"[\s_.\-]", "", text).lower()
