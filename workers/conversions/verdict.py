"""Verdict: what a destination's answer says of the conversions of one call."""

from enum import StrEnum
from typing import NamedTuple


class Word(StrEnum):
    """All that is known of them, by which it is decided what comes next."""

    #: They were taken.
    TAKEN = "taken"
    #: None was, since at least one of them can't be.
    BAD = "bad"
    #: None was, and none would be now, whatever it is.
    CLOSED = "closed"
    #: They may have been taken.
    UNCLEAR = "unclear"


class Verdict(NamedTuple):
    """`after_s` is how long the destination wants to be left alone; None: longer with each failure.

    The destination's own words are no part of it: they may repeat what was sent.
    """

    word: Word
    code: str = ""
    message: str = ""
    after_s: float | None = None


TAKEN = Verdict(Word.TAKEN)

#: Until an owner is likely to have changed what only they can.
OWNER_S = 3600.0


def token_refused(name: str) -> Verdict:
    return Verdict(Word.CLOSED, "TOKEN_REFUSED", f"{name} refuses the token: send another one", OWNER_S)


def forbidden(name: str) -> Verdict:
    message = f"{name} doesn't let this token send to this pixel: check both"
    return Verdict(Word.CLOSED, "PIXEL_FORBIDDEN", message, OWNER_S)


def throttled(name: str, after_s: float | None) -> Verdict:
    return Verdict(Word.CLOSED, "THROTTLED", f"{name} asks for a rest", after_s)


def blocked(name: str) -> Verdict:
    return Verdict(Word.CLOSED, "DESTINATION_BLOCKED", f"{name} takes nothing from this pixel for now")


def unsent(name: str) -> Verdict:
    return Verdict(Word.CLOSED, "DESTINATION_UNREACHABLE", f"{name} could not be reached")


def all_refused(last: Verdict) -> Verdict:
    message = f"{last.message}, as each before it: look whether the destination is as it should be"
    return Verdict(Word.CLOSED, "ALL_REFUSED", message, OWNER_S)


def unclear(name: str, *, status: int | None = None) -> Verdict:
    answer = "the answer was lost" if status is None else f"the answer was {status}"
    return Verdict(Word.UNCLEAR, "ANSWER_UNCLEAR", f"{name} may have it: {answer}")


def bad(name: str, code: str) -> Verdict:
    return Verdict(Word.BAD, "EVENT_REFUSED", f"{name} refuses the event ({code})")
