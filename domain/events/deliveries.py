"""Deliveries: conversions for their owner, with public app ids."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import event_conversion
from domain.apps.app_numbers import ProjectAppsByEventStoreNumber
from domain.values.answers import build_api_answer_from_row
from schemas import ids
from schemas.conversions import ConversionDelivery, ConversionDestination, ConversionError, ConversionState


class _ListedConversionDeliveryRow(NamedTuple):
    id: UUID
    app_no: int
    destination: ConversionDestination
    event_id: str
    name: str
    event_name: str
    occurred_at: datetime
    state: ConversionState
    tries: int
    first_try_at: datetime | None
    settled_at: datetime | None
    error_code: str | None
    error_message: str | None
    created_at: datetime


LIST_CONVERSION_DELIVERIES = event_conversion.list_conversions.typed(_ListedConversionDeliveryRow)
LIST_UNDELIVERED_CONVERSIONS = event_conversion.list_undelivered.typed(_ListedConversionDeliveryRow)


async def list_conversion_deliveries_of_project(
    conn: Conn,
    *,
    apps: ProjectAppsByEventStoreNumber,
    destinations: Sequence[ConversionDestination] | None,
    states: Sequence[ConversionState] | None,
    show_id: Callable[[str], str],
    before: UUID | None,
    limit: int,
) -> list[ConversionDelivery]:
    """Return at most `limit` conversions of a project with the state of their delivery, newest first.

    They are older than `before`; a filter of None matches all. `show_id` formats an event's id.
    """
    query = LIST_UNDELIVERED_CONVERSIONS if states and "delivered" not in states else LIST_CONVERSION_DELIVERIES
    rows = await query.all(
        conn,
        project_id=apps.project_id,
        before=before,
        destinations=destinations,
        states=states,
        last_app=apps.highest_app_number,
        app_no=apps.wanted,
        limit=limit,
    )
    return [_conversion_delivery_to_schema(row, apps, show_id) for row in rows]


def _conversion_delivery_to_schema(
    row: _ListedConversionDeliveryRow, apps: ProjectAppsByEventStoreNumber, show_id: Callable[[str], str]
) -> ConversionDelivery:
    error = row.error_code and ConversionError(code=row.error_code, message=row.error_message or "")
    return build_api_answer_from_row(
        ConversionDelivery,
        row,
        conversion_id=ids.format_prefixed_id(ids.CONVERSION_ID_PREFIX, row.id),
        app_id=ids.format_prefixed_id(ids.SDK_APP_ID_PREFIX, apps.by_number[row.app_no].id),
        event_id=show_id(row.event_id),
        event_name=row.name,
        destination_event_name=row.event_name,
        first_tried_at=row.first_try_at,
        error=error or None,
    )
