"""Event archive in ClickHouse, by its HTTP interface.

Sources: clickhouse.com/docs/interfaces/http, /docs/operations/settings/settings#insert_deduplication_token,
/docs/operations/settings/merge-tree-settings#non_replicated_deduplication_window (2026-11).
"""

import asyncio
from collections.abc import Sequence
from datetime import date
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit
from uuid import UUID

import httpx
import msgspec

from domain.events.tail import StoredEvent
from schemas.errors import ServiceUnavailable

#: Seconds that a call may take as a whole: a leader's session is idle meanwhile.
EVENT_ARCHIVE_CALL_TIMEOUT_S = 4.0

#: Dedup window in batches: only the last batch is ever copied again.
EVENT_ARCHIVE_DEDUP_WINDOW_BATCHES = 1_000

CLICKHOUSE_EVENT_TABLE_SQL = f"""
create table if not exists event (
    project_id UUID, app_no Int16, event_key UUID, name LowCardinality(String),
    occurred_at DateTime64(6, 'UTC'), received_at DateTime64(6, 'UTC'), event_id Nullable(String),
    user_id Nullable(String), anonymous_id Nullable(String), value_micros Nullable(Int64),
    currency LowCardinality(Nullable(String)), properties String, context String
) engine = MergeTree
partition by toYYYYMMDD(occurred_at)
order by (project_id, occurred_at, event_key, app_no)
settings non_replicated_deduplication_window = {EVENT_ARCHIVE_DEDUP_WINDOW_BATCHES}"""

CLICKHOUSE_TIME_FORMAT_SETTINGS = {"date_time_input_format": "best_effort"}


class ClickHouseArchive:
    """A database of ClickHouse at a URL such as `https://user:password@host:8443/database`.

    Open it with `async with`.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        host = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
        self._database = parts.path.strip("/") or "default"
        self._client = httpx.AsyncClient(
            base_url=f"{parts.scheme}://{host}",
            auth=(unquote(parts.username or "default"), unquote(parts.password or "")),
            timeout=EVENT_ARCHIVE_CALL_TIMEOUT_S,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def delete_day(self, day: date) -> None:
        await self._run_sql(CLICKHOUSE_EVENT_TABLE_SQL, f"alter table event drop partition {day:%Y%m%d}")

    async def store_batch(self, events: Sequence[StoredEvent], *, name: str) -> None:
        rows = msgspec.json.Encoder().encode_lines(event._asdict() for event in events)
        await self._run_sql(
            "insert into event format JSONEachRow",
            data=rows,
            insert_deduplication_token=name,
            **CLICKHOUSE_TIME_FORMAT_SETTINGS,
        )

    async def count_day_events(self, day: date) -> int:
        answer = await self._run_sql(
            "select count() from event where toDate(occurred_at) = {day:Date}", param_day=f"{day}"
        )
        try:
            return int(answer)
        except ValueError:
            raise ServiceUnavailable("the event archive returned a count that is not a number") from None

    async def delete_project_events(self, project_id: UUID) -> None:
        """Delete all events of a project from the archive in ClickHouse. Raise `ServiceUnavailable` for any failure."""
        delete = "delete from event where project_id = {project:UUID}"
        await self._run_sql(CLICKHOUSE_EVENT_TABLE_SQL, delete, param_project=f"{project_id}")

    async def _run_sql(self, *statements: str, data: bytes = b"", **settings: str) -> str:
        """Run SQL statements in ClickHouse in turn, with `data` as the rows to insert; return the last response's text.

        Raise `ServiceUnavailable` for any failure, without any of the data.
        """
        parameters = {"database": self._database, "default_format": "TabSeparated", **settings}
        try:
            async with asyncio.timeout(EVENT_ARCHIVE_CALL_TIMEOUT_S):
                for sql in statements:
                    answer = await self._client.post("/", params={"query": sql, **parameters}, content=data)
                    _raise_for_event_archive_error(answer)
        except (httpx.HTTPError, TimeoutError) as error:
            raise ServiceUnavailable(f"the event archive is unavailable: {type(error).__name__}") from error
        return answer.text


def _raise_for_event_archive_error(answer: httpx.Response) -> None:
    if not answer.is_success:
        code = answer.headers.get("x-clickhouse-exception-code", answer.status_code)
        raise ServiceUnavailable(f"the event archive refused a statement: {code}")
