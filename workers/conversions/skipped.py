"""Reasons to skip a conversion."""

from typing import NamedTuple


class Skipped(NamedTuple):
    """A code for programs, and a sentence."""

    code: str
    message: str


GONE = Skipped("EVENT_GONE", "the event's retention has ended")
NO_IDENTIFIER = Skipped("NO_IDENTIFIER", "the event has no identifier of the person")
NO_USER_AGENT = Skipped("NO_USER_AGENT", "an event of a website needs context.userAgent")
NO_PAGE = Skipped("NO_PAGE", "an event of a website needs context.page.url")
NO_DEVICE = Skipped("NO_DEVICE", "an event of an app needs context.os.name and context.os.version")
NO_VALUE = Skipped("NO_VALUE", "a purchase needs a value and its currency")
