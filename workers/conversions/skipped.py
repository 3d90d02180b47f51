"""Skipped: why a conversion isn't sent at all."""

from typing import NamedTuple


class Skipped(NamedTuple):
    """A code to branch on, and a sentence."""

    code: str
    message: str


GONE = Skipped("EVENT_GONE", "the event isn't kept any more")
NO_IDENTIFIER = Skipped("NO_IDENTIFIER", "the event has nothing that the person could be known by")
NO_USER_AGENT = Skipped("NO_USER_AGENT", "an event of a website needs context.userAgent")
NO_PAGE = Skipped("NO_PAGE", "an event of a website needs context.page.url")
NO_DEVICE = Skipped("NO_DEVICE", "an event of an app needs context.os.name and context.os.version")
NO_VALUE = Skipped("NO_VALUE", "a purchase needs a value and its currency")
