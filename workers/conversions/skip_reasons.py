"""Reasons to skip a conversion."""

from typing import NamedTuple


class SkipReason(NamedTuple):
    """A code for programs, and a sentence."""

    code: str
    message: str


EVENT_GONE = SkipReason("EVENT_GONE", "the event's retention has ended")
NO_IDENTIFIER = SkipReason("NO_IDENTIFIER", "the event has no identifier of the person")
NO_USER_AGENT = SkipReason("NO_USER_AGENT", "an event of a website needs context.userAgent")
NO_PAGE = SkipReason("NO_PAGE", "an event of a website needs context.page.url")
NO_DEVICE = SkipReason("NO_DEVICE", "an event of an app needs context.os.name and context.os.version")
NO_VALUE = SkipReason("NO_VALUE", "a purchase needs a value and its currency")
