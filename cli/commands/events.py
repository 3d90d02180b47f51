"""`tenantry events`: operators' commands on the event store."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import click
import msgspec

from cli.shared.command import CliIdParam, json_output_option, with_printed_result
from cli.shared.failure import exit_on_expected_command_error
from cli.shared.group import FullSentenceHelpCommandGroup
from cli.shared.output import CliCommandResult, build_text_table, replace_control_characters
from cli.shared.session import open_command_session, read_command_settings
from db.pool import use_unpooled_pg_connection
from domain.apps import app_numbers
from domain.events import rollups
from domain.events.checks import MICROS_PER_CURRENCY_UNIT
from domain.events.tail import EventTail, EventTailFilter, StoredEvent
from schemas import ids
from schemas.errors import InvalidValue
from schemas.errors.absent import not_found_error
from schemas.events import REDACTED_PII_TEXT

#: Pause between two polls, in seconds.
EVENT_TAIL_POLL_PAUSE_S = 0.5

EVENT_TAIL_SKIPPED_EVENTS_WARNING = (
    "More events arrive than a poll reads: some may be skipped from now on. Filter by --app or --name."
)


@click.group(cls=FullSentenceHelpCommandGroup)
def events() -> None:
    """Follow a project's events; recount them."""


@events.command("rebuild")
@click.argument("project_id", metavar="PROJECT_ID", type=CliIdParam(ids.PROJECT_ID_PREFIX))
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The first UTC day.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The last UTC day, inclusive.")
@with_printed_result
async def recount_events(project_id: UUID, since: datetime, until: datetime) -> CliCommandResult:
    """Recount the events of some days from the stored events.

    All processes may run: events are stored and counted meanwhile, and folds wait for
    one hour of events at a time.

    \b
    Example:
      tenantry events rebuild prj_01890a5d-... --since 2026-11-01 --until 2026-11-03
    """
    if until < since:
        raise InvalidValue("until", "the last day is before the first")
    days = [since.date() + timedelta(days=number) for number in range((until - since).days + 1)]
    async with use_unpooled_pg_connection(read_command_settings().event_store_url, name="tenantry-cli") as conn:
        for day in days:
            await rollups.rebuild_event_counts(conn, project_id=project_id, day=day)
    return CliCommandResult({"rebuilt": days}, build_text_table(["REBUILT"], [[day.isoformat()] for day in days]))


@events.command("tail")
@click.argument("project_id", metavar="PROJECT", type=CliIdParam(ids.PROJECT_ID_PREFIX))
@click.option("--app", "app_id", type=CliIdParam(ids.SDK_APP_ID_PREFIX), help="Only events of this SDK app.")
@click.option("--name", help="Only events of this name.")
@click.option(
    "--hours",
    type=click.IntRange(1, 192),
    default=1,
    show_default=True,
    help="Only events of the last N hours; more hours take longer to search.",
)
@click.option("--count", type=click.IntRange(1), help="End after N events.")
@click.option("--pii", is_flag=True, help="Show users, properties and context; they are hidden by default.")
@json_output_option
def tail_events(  # noqa: PLR0917 - click's signature
    project_id: UUID, app_id: UUID | None, name: str | None, hours: int, count: int | None, pii: bool, as_json: bool
) -> None:
    """Print events of a project as they are committed, each once, until Ctrl-C.

    It starts with the next event. With --json each event is a line of JSON. Personal data is shown only
    with --pii. If events arrive too fast, it warns that it skips some.

    \b
    Examples:
      tenantry events tail prj_01890a5d-...
      tenantry events tail prj_01890a5d-... --name purchase_success --json | jq .value
      tenantry events tail prj_01890a5d-... --count 1   # until the first event
    """

    async def follow() -> None:
        event_filter, apps = await _resolve_event_tail_selection(project_id, app_id, name, timedelta(hours=hours))
        left = count
        async with aclosing(_tail_committed_events(event_filter)) as stream:
            async for event in stream:
                click.echo(_format_tailed_event_line(_build_tailed_event_fields(event, apps, pii=pii), as_json=as_json))
                left = left and left - 1
                if left == 0:
                    return

    with exit_on_expected_command_error(as_json=as_json):
        asyncio.run(follow())


async def _resolve_event_tail_selection(
    project_id: UUID, app_id: UUID | None, name: str | None, back: timedelta
) -> tuple[EventTailFilter, dict[int, UUID]]:
    """Return a project's event filter, up to age `back`, and its apps' ids by number. Raise `ObjectNotFound`."""
    async with open_command_session() as session, session.pool.acquire() as conn:
        numbers = await app_numbers.app_numbers_by_id(conn, project_id=project_id)
    if app_id and app_id not in numbers:
        raise not_found_error("sdk_app")
    event_filter = EventTailFilter(project_id, numbers[app_id] if app_id else None, name, back)
    return event_filter, {app_no: known_id for known_id, app_no in numbers.items()}


async def _tail_committed_events(event_filter: EventTailFilter) -> AsyncGenerator[StoredEvent, None]:
    """Yield matching events committed from now on, without end; warn once if some may have been skipped."""
    tail = EventTail(event_filter)
    async with use_unpooled_pg_connection(read_command_settings().event_store_url, name="tenantry-cli") as conn:
        await tail.start_after_committed_app_events(conn)
        click.echo(
            f"Following events of {ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, event_filter.project_id)}.", err=True
        )
        has_warned = False
        while True:
            for event in await tail.poll_event_store(conn):
                yield event
            if tail.may_have_missed_events and not has_warned:
                click.echo(EVENT_TAIL_SKIPPED_EVENTS_WARNING, err=True)
                has_warned = True
            await asyncio.sleep(0 if tail.more else EVENT_TAIL_POLL_PAUSE_S)


def _build_tailed_event_fields(event: StoredEvent, apps: Mapping[int, UUID], *, pii: bool) -> dict[str, Any]:
    """Return an event by the API's field names; without `pii`, redact the person's ids, properties and context."""
    person = {
        "appUserId": event.user_id,
        "anonymousId": event.anonymous_id,
        "properties": _minify_event_field_json(event.properties),
        "context": _minify_event_field_json(event.context),
    }
    if not pii:
        person = {name: value and REDACTED_PII_TEXT for name, value in person.items()}
    return {
        "name": event.name,
        "eventId": event.event_id or str(event.event_key),
        "appId": ids.format_prefixed_id(ids.SDK_APP_ID_PREFIX, apps[event.app_no]) if event.app_no in apps else None,
        "occurredAt": event.occurred_at,
        "receivedAt": event.received_at,
        "value": None if event.value_micros is None else event.value_micros / MICROS_PER_CURRENCY_UNIT,
        "currency": event.currency,
        **person,
    }


def _format_tailed_event_line(event: Mapping[str, Any], *, as_json: bool) -> str:
    """Return an event as one line: JSON with `as_json`, else time, name, id, value, app user and properties."""
    if as_json:
        return msgspec.json.encode(event).decode()
    value = "" if event["value"] is None else f"{event['value']:g} {event['currency'] or ''}".rstrip()
    texts = [
        f"{event['occurredAt']:%Y-%m-%d %H:%M:%S}Z", event["name"], event["eventId"], value,
        *(_format_tailed_event_field(event[name]) for name in ("appUserId", "properties")),
    ]  # fmt: skip
    return replace_control_characters("  ".join(text for text in texts if text))


def _minify_event_field_json(text: str) -> msgspec.Raw:
    """Return a JSON text as raw JSON without line breaks and spaces between its values."""
    return msgspec.Raw(msgspec.json.format(text.encode(), indent=-1))


def _format_tailed_event_field(value: Any) -> str:
    return bytes(value).decode() if isinstance(value, msgspec.Raw) else value or ""
