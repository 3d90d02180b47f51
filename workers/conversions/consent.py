"""Consent of the person behind an event, from its context. Without consent no event is sent.

An event without consent fields in its context is sent: then the app asks the person, and sends events only
after a yes. An iPhone's own prompt counts too (developer.apple.com/app-store/user-privacy-and-data-use,
2026-11).
"""

import re
from typing import Any

from workers.conversions.person import EventTree
from workers.conversions.verdict import SkipReason

NO_CONSENT = SkipReason("NO_CONSENT", "the person didn't consent to the use of this event for advertising")
TRACKING_DENIED = SkipReason("TRACKING_DENIED", "the person's device doesn't allow tracking")

#: Purposes that require the person's consent, in lower case without punctuation.
_PURPOSES = frozenset(
    {"advertising", "marketing", "targeting", "aduserdata", "adstorage", "adpersonalization"}
)
#: The field of Segment's clients for them.
_SEGMENT_FIELD = "categoryPreferences"
_YES_VALUES = frozenset({"granted", "yes", "true", "authorized", "1"})
#: Apple's tracking states as words and numbers, all but `authorized`.
_DENIED_STATES = frozenset({"notdetermined", "restricted", "denied", "0", "1", "2"})
_STATES = (
    ("context", "device", "attStatus"),
    ("context", "device", "att_status"),
    ("context", "device", "trackingAuthorizationStatus"),
)
_TRACKING = (("context", "device", "adTrackingEnabled"), ("context", "device", "ad_tracking_enabled"))
_OPTIONS = ("dataProcessingOptions", "data_processing_options")


def find_refusal(tree: EventTree) -> SkipReason | None:
    """Return the reason not to send the event, or None."""
    consent = tree.find("context", "consent")
    if consent is not None and not _has_agreed(consent):
        return NO_CONSENT
    if any(tree.find(*path) is False for path in _TRACKING):
        return TRACKING_DENIED
    state = tree.first(*_STATES)
    return TRACKING_DENIED if state and _normalize(state) in _DENIED_STATES else None


def may_track(tree: EventTree) -> bool:
    """Return whether the device's state lets this app track the person."""
    state = tree.first(*_STATES)
    return any(tree.find(*path) is True for path in _TRACKING) or (
        state is not None and _normalize(state) in {"authorized", "3"}
    )


def limited_data_use(tree: EventTree) -> tuple[int, int] | None:
    """Return country and state of Meta's Limited Data Use, or None; zeros let Meta locate the person."""
    for name in _OPTIONS:
        options = tree.find("context", name)
        if isinstance(options, list) and "LDU" in options:
            country = _region_code(tree, f"{name}Country", f"{name}_country", most=1)
            return country, _region_code(tree, f"{name}State", f"{name}_state", most=1100)
    return None


def _region_code(tree: EventTree, *names: str, most: int) -> int:
    """Return a code of Meta's country (0 or 1) or state (0 or from 1000 on), or 0 for a number over `most`.

    (developers.facebook.com/docs/marketing-apis/data-processing-options, 2026-11)
    """
    values = (tree.find("context", name) for name in names)
    return next((value for value in values if type(value) is int and 0 <= value <= most), 0)


def _has_agreed(consent: Any) -> bool:
    """Return whether the person agreed to each known purpose; without a known one, to each purpose."""
    if not isinstance(consent, dict):
        return _is_yes(consent)
    nested = consent.get(_SEGMENT_FIELD)
    purposes = {name: value for name, value in consent.items() if name != _SEGMENT_FIELD}
    purposes |= nested if isinstance(nested, dict) else {}
    advertising = [value for name, value in purposes.items() if _normalize(name) in _PURPOSES]
    return all(map(_is_yes, advertising or purposes.values()))


def _is_yes(value: Any) -> bool:
    return value is True or (isinstance(value, str) and _normalize(value) in _YES_VALUES)


def _normalize(text: str) -> str:
    return re.sub(r"[\s_.\-]", "", text).lower()
