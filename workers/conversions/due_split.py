"""Split of due conversions: payloads of those to send, and ends of the others."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from domain.events.conversion_lines import OpenConversionDestination
from domain.events.conversions import DueConversion, SettledConversion
from schemas.conversions import ConversionEndState
from workers.conversions import consent, person, verdict
from workers.conversions.person import ConversionEventJson
from workers.conversions.verdict import ConversionSkipReason

#: A destination accepts events of 7 days. One hour is left for the transfer.
MAX_CONVERSION_AGE = timedelta(days=7) - timedelta(hours=1)
#: A destination deduplicates for 48 hours from the first attempt on. One hour is left for the transfer.
CONVERSION_RESEND_WINDOW = timedelta(hours=47)

#: Builds an event's payload for a destination, or returns the reason to skip it.
BuildConversionEvent: TypeAlias = Callable[
    [OpenConversionDestination, DueConversion, ConversionEventJson], dict[str, Any] | ConversionSkipReason
]


class ReadyConversion(NamedTuple):
    """A conversion ready to send, and the fields that were dropped for their format."""

    id: UUID
    event: dict[str, Any]
    dropped: frozenset[str]


def split_sendable_conversions(
    due: Sequence[DueConversion], make: BuildConversionEvent, to: OpenConversionDestination, *, now: datetime
) -> tuple[list[ReadyConversion], list[SettledConversion]]:
    """Split due conversions into those to send, with their payloads, and the settlements of the others.

    The others are too late, lack consent or required fields, or have lost their event.
    """
    ready, ends = list[ReadyConversion](), list[SettledConversion]()
    for conversion in due:
        result = build_settlement_if_expired(conversion, now=now) or _build_or_skip_conversion(conversion, make, to)
        if isinstance(result, SettledConversion):
            ends.append(result)
        else:
            ready.append(result)
    return ready, ends


def build_delivered_settlement(conversion: ReadyConversion) -> SettledConversion:
    """Return the settlement `delivered` of a conversion that Meta or TikTok has accepted.

    Its message names the fields that were dropped before the send, if any.
    """
    if not conversion.dropped:
        return SettledConversion(conversion.id, "delivered")
    return SettledConversion(
        conversion.id,
        "delivered",
        "FIELDS_DROPPED",
        f"sent without {_describe_dropped_event_fields(conversion.dropped)}",
    )


def build_settlement_if_expired(due: DueConversion, *, now: datetime) -> SettledConversion | None:
    """Return a conversion's settlement if it is late by `MAX_CONVERSION_AGE` or `CONVERSION_RESEND_WINDOW`, else None.

    After an earlier attempt it is `outcome_unknown`, else `expired`.
    """
    if due.first_try_at is not None and now - due.first_try_at > CONVERSION_RESEND_WINDOW:
        message = "a response was lost, and it is too late to send again: it may have been counted"
        return SettledConversion(due.id, "outcome_unknown", "ANSWER_LOST", message)
    if now - due.occurred_at > MAX_CONVERSION_AGE:
        if due.first_try_at is not None:
            message = "a response was lost, and the event is too old to be sent again: it may have been counted"
            return SettledConversion(due.id, "outcome_unknown", "ANSWER_LOST", message)
        return SettledConversion(due.id, "expired", "TOO_OLD", "the event is older than the 7 days accepted")
    return None


def _build_or_skip_conversion(
    due: DueConversion, make: BuildConversionEvent, to: OpenConversionDestination
) -> ReadyConversion | SettledConversion:
    if due.context is None:
        return _build_skipped_conversion_settlement(due, verdict.CONVERSION_SKIP_EVENT_GONE, frozenset())
    tree = person.decode_event_tree_of_due_conversion(due)
    payload = consent.find_consent_refusal(tree) or make(to, due, tree)
    if isinstance(payload, ConversionSkipReason):
        return _build_skipped_conversion_settlement(due, payload, tree.dropped)
    return ReadyConversion(due.id, payload, frozenset(tree.dropped))


def _build_skipped_conversion_settlement(
    due: DueConversion, reason: ConversionSkipReason, dropped: Collection[str]
) -> SettledConversion:
    """Return the settlement of a conversion that can't be sent; it has the reason and names the dropped fields.

    It is `skipped`, or `outcome_unknown` if an earlier attempt may have delivered the conversion.
    """
    state: ConversionEndState = "skipped" if due.first_try_at is None else "outcome_unknown"
    without = f"; dropped: {_describe_dropped_event_fields(dropped)}" if dropped else ""
    return SettledConversion(due.id, state, reason.code, reason.message + without)


def _describe_dropped_event_fields(dropped: Collection[str]) -> str:
    return f"{', '.join(sorted(dropped))}: of another format, or may name a person"
