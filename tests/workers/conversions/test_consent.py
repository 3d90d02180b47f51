"""Consent: any value but a yes is a no, in all formats of apps."""

from typing import Any

import pytest

from workers.conversions import consent
from workers.conversions.person import ConversionEventJson

NO = [
    False,
    "denied",
    0,
    [],
    {"granted": False},
    {"ads": False},
    {"status": "denied"},
    {"status": "granted", "ads": None},
    {"ad_storage": "denied", "granted": True},
    {"categoryPreferences": {"Advertising": False, "Functional": True}},
    {"categoryPreferences": {"C0004": False}},
    {"google": {"ad_storage": "denied"}},
]
YES = [
    True,
    "granted",
    {"granted": True},
    {"ad_storage": "granted", "analytics": False},
    {"categoryPreferences": {"Advertising": True, "Functional": False}},
    {},
    None,
]


@pytest.mark.parametrize(("given", "agreed"), [(one, False) for one in NO] + [(one, True) for one in YES])
def test_any_value_but_a_yes_is_a_no(given: Any, agreed: bool) -> None:
    assert (consent.find_consent_refusal(ConversionEventJson({"context": {"consent": given}})) is None) == agreed
