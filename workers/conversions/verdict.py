"""Verdict: the result of one call for its conversions; and reasons to skip a conversion without a call."""

from enum import StrEnum
from typing import NamedTuple


class VerdictKind(StrEnum):
    """The result of a call, which decides the next step."""

    #: The events were accepted.
    ACCEPTED = "taken"
    #: No event was accepted, since at least one is invalid.
    BAD = "bad"
    #: No event was accepted, and no event would be for now.
    CLOSED = "closed"
    #: The events may have been accepted.
    UNCLEAR = "unclear"


class Verdict(NamedTuple):
    """The result of a call. `after_s` is the destination's requested pause; None: growing backoff.

    It omits the destination's own message: that may repeat the personal data sent.
    """

    word: VerdictKind
    code: str = ""
    message: str = ""
    after_s: float | None = None


ACCEPTED = Verdict(VerdictKind.ACCEPTED)

#: Seconds to wait for a change that only the owner can make.
OWNER_PAUSE_S = 3600.0


def token_refused(name: str) -> Verdict:
    return Verdict(
        VerdictKind.CLOSED, "TOKEN_REFUSED", f"{name} refuses the token: set another token", OWNER_PAUSE_S
    )


def pixel_forbidden_verdict(name: str) -> Verdict:
    message = f"{name} refuses this token for this pixel: check both"
    return Verdict(VerdictKind.CLOSED, "PIXEL_FORBIDDEN", message, OWNER_PAUSE_S)


def rate_limited_verdict(name: str, after_s: float | None) -> Verdict:
    return Verdict(VerdictKind.CLOSED, "THROTTLED", f"{name} limits the rate", after_s)


def pixel_blocked_verdict(name: str) -> Verdict:
    return Verdict(
        VerdictKind.CLOSED, "DESTINATION_BLOCKED", f"{name} accepts nothing from this pixel for now"
    )


def unreachable_verdict(name: str) -> Verdict:
    return Verdict(VerdictKind.CLOSED, "DESTINATION_UNREACHABLE", f"{name} could not be reached")


def all_refused(last: Verdict) -> Verdict:
    message = f"{last.message}, like each one before: check the destination's settings"
    return Verdict(VerdictKind.CLOSED, "ALL_REFUSED", message, OWNER_PAUSE_S)


def unclear(name: str, *, status: int | None = None) -> Verdict:
    answer = "the response was lost" if status is None else f"the response was {status}"
    return Verdict(VerdictKind.UNCLEAR, "ANSWER_UNCLEAR", f"{name} may have accepted the event: {answer}")


def bad_event(name: str, code: str) -> Verdict:
    return Verdict(VerdictKind.BAD, "EVENT_REFUSED", f"{name} refuses the event ({code})")


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
