"""Verdict: the result of one call for its conversions; and reasons to skip a conversion without a call."""

from enum import StrEnum
from typing import NamedTuple


class ConversionVerdictKind(StrEnum):
    """The result of a call, which decides the next step."""

    #: The events were accepted.
    ACCEPTED = "taken"
    #: No event was accepted, since at least one is invalid.
    BAD = "bad"
    #: No event was accepted, and no event would be for now.
    CLOSED = "closed"
    #: The events may have been accepted.
    UNCLEAR = "unclear"


class ConversionCallVerdict(NamedTuple):
    """The result of a call. `after_s` is the pause before the next one; None: growing backoff.

    It omits the destination's own message: that may repeat the personal data sent.
    """

    word: ConversionVerdictKind
    code: str = ""
    message: str = ""
    after_s: float | None = None


CONVERSIONS_ACCEPTED_VERDICT = ConversionCallVerdict(ConversionVerdictKind.ACCEPTED)

#: Seconds to wait for a change that only the owner can make.
OWNER_FIX_RETRY_WAIT_S = 3600.0


def build_token_refused_verdict(name: str) -> ConversionCallVerdict:
    return ConversionCallVerdict(
        ConversionVerdictKind.CLOSED,
        "TOKEN_REFUSED",
        f"{name} refuses the token: set another token",
        OWNER_FIX_RETRY_WAIT_S,
    )


def build_pixel_forbidden_verdict(name: str) -> ConversionCallVerdict:
    message = f"{name} refuses this token for this pixel: check both"
    return ConversionCallVerdict(ConversionVerdictKind.CLOSED, "PIXEL_FORBIDDEN", message, OWNER_FIX_RETRY_WAIT_S)


def build_pixel_rate_limited_verdict(name: str, after_s: float | None) -> ConversionCallVerdict:
    return ConversionCallVerdict(ConversionVerdictKind.CLOSED, "THROTTLED", f"{name} limits the rate", after_s)


def build_pixel_blocked_verdict(name: str) -> ConversionCallVerdict:
    return ConversionCallVerdict(
        ConversionVerdictKind.CLOSED, "DESTINATION_BLOCKED", f"{name} accepts nothing from this pixel for now"
    )


def build_destination_unreachable_verdict(name: str) -> ConversionCallVerdict:
    return ConversionCallVerdict(
        ConversionVerdictKind.CLOSED, "DESTINATION_UNREACHABLE", f"{name} could not be reached"
    )


def build_all_events_refused_verdict(last: ConversionCallVerdict) -> ConversionCallVerdict:
    message = f"{last.message}, like each one before: check the destination's settings"
    return ConversionCallVerdict(ConversionVerdictKind.CLOSED, "ALL_REFUSED", message, OWNER_FIX_RETRY_WAIT_S)


def build_unclear_call_verdict(name: str, *, status: int | None = None) -> ConversionCallVerdict:
    answer = "the response was lost" if status is None else f"the response was {status}"
    return ConversionCallVerdict(
        ConversionVerdictKind.UNCLEAR, "ANSWER_UNCLEAR", f"{name} may have accepted the event: {answer}"
    )


def build_bad_event_verdict(name: str, code: str) -> ConversionCallVerdict:
    return ConversionCallVerdict(ConversionVerdictKind.BAD, "EVENT_REFUSED", f"{name} refuses the event ({code})")


class ConversionSkipReason(NamedTuple):
    """A code for programs, and a sentence."""

    code: str
    message: str


CONVERSION_SKIP_EVENT_GONE = ConversionSkipReason("EVENT_GONE", "the event's retention has ended")
CONVERSION_SKIP_NO_PERSON_ID = ConversionSkipReason("NO_IDENTIFIER", "the event has no identifier of the person")
CONVERSION_SKIP_NO_USER_AGENT = ConversionSkipReason("NO_USER_AGENT", "an event of a website needs context.userAgent")
CONVERSION_SKIP_NO_PAGE_URL = ConversionSkipReason("NO_PAGE", "an event of a website needs context.page.url")
CONVERSION_SKIP_NO_DEVICE_INFO = ConversionSkipReason(
    "NO_DEVICE", "an event of an app needs context.os.name and context.os.version"
)
CONVERSION_SKIP_NO_PURCHASE_VALUE = ConversionSkipReason("NO_VALUE", "a purchase needs a value and its currency")
