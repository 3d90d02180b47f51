"""The stream of an organization's webhook events, for clients without a public address."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Annotated, NamedTuple
from uuid import UUID

import msgspec
from litestar import get
from litestar.params import QueryParameter
from litestar.response import Stream

from api.guard import build_route_options
from api.http import filters
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from api.routes.webhook_events import WebhookEventTypeFilter, WebhookProjectFilter
from db.reach import convert_postgres_away_errors
from domain.tenancy import project_locks
from domain.tenancy.delegation import is_scope_granted
from domain.webhooks import events, streams
from domain.webhooks.streams import StreamHead, WebhookStreamEvent, WebhookStreamPosition
from schemas import ids
from schemas.api_keys import ApiKeyScope
from schemas.errors import (
    ApiKeyScopeMissing,
    ApiKeyUnauthenticated,
    KillSwitchActive,
    LimitReached,
    ObjectNotFound,
    ServiceUnavailable,
)
from schemas.webhooks import WebhookEventType, WebhookStreamStartMessage
from telemetry import logs

_log = logs.get_logger("api.webhook_stream")

WEBHOOK_STREAM_SCOPE: ApiKeyScope = "webhooks:read"

#: Seconds in `Retry-After` when all streams are taken.
WEBHOOK_STREAMS_FULL_RETRY_AFTER_S = 5

#: Seconds: the maximum duration of a stream, and its longest silence.
MAX_WEBHOOK_STREAM_S, MAX_WEBHOOK_STREAM_SILENCE_S = 900.0, 15.0
WEBHOOK_STREAM_END_MESSAGE = b": this stream ends, go on with Last-Event-ID\nretry: 1000\n\n"

#: Events read in one batch.
WEBHOOK_EVENTS_PER_STREAM_BATCH = 50

AfterWebhookEvent = Annotated[
    str | None,
    QueryParameter(
        description="Only events after this event, or after the `id` of the stream's first message. The "
        "header `Last-Event-ID`, which a reconnecting client sends by itself, takes "
        "precedence.",
        max_length=1100,
    ),
]


class WebhookStreamFilter(NamedTuple):
    """Filter of a stream of webhook events: event types and a project. None lets all pass."""

    types: Sequence[WebhookEventType] | None
    project_id: UUID | None

    def matches_event(self, event: WebhookStreamEvent) -> bool:
        fits = self.project_id is None or event.project_id == self.project_id
        return fits and (self.types is None or event.type in self.types)


@get("/webhook-events/stream", opt=build_route_options(WEBHOOK_STREAM_SCOPE, RateClass.READ_LIGHT, 404))
async def stream_webhook_events(
    request: ApiRequest,
    *,
    type_: WebhookEventTypeFilter = None,
    project_id: WebhookProjectFilter = None,
    after: AfterWebhookEvent = None,
) -> Stream:
    """Stream webhook events as server-sent events: each event once, with its `id`, as endpoints get it.

    No endpoint is needed. The first message, `listening`, has the time `since` which all events are recorded:
    while a stream is open, and for half an hour afterwards. So a client that reconnects with `Last-Event-ID`
    has missed nothing, unless `since` has changed. A stream ends after 15 minutes; an organization has at
    most 10 streams per API process.
    """
    criteria = WebhookStreamFilter(type_, filters.parse_filter_id("project", project_id))
    if request.services.stream_hub.is_full_for_organization(request.organization_id):
        raise LimitReached(
            "streams",
            "too many streams are open: end one, or retry later",
            retry_after=WEBHOOK_STREAMS_FULL_RETRY_AFTER_S,
        )
    begun, position = await _start_webhook_recording(request, criteria, after)
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    messages = _stream_webhook_messages(request, criteria, begun, position)
    return Stream(messages, media_type="text/event-stream", headers=headers)


async def _start_webhook_recording(
    request: ApiRequest, criteria: WebhookStreamFilter, after: str | None
) -> tuple[bytes, WebhookStreamPosition]:
    """Begin to record an organization's webhook events; return a stream's first message and start position.

    Raises `ObjectNotFound`, `InvalidValue`.
    """
    org = request.organization_id
    last = request.request_state.headers.get(b"last-event-id", b"").decode("latin-1") or after
    async with request.services.connections.acquire_connection(org) as conn:
        if criteria.project_id is not None:
            await project_locks.check_project_exists(conn, organization_id=org, project_id=criteria.project_id)
        since = await streams.start_webhook_event_recording_for_stream(conn, organization_id=org)
        last = last or await streams.read_webhook_stream_end_token(conn)
        position = await streams.find_webhook_stream_position(conn, organization_id=org, after=last)
    begun = msgspec.json.encode(WebhookStreamStartMessage(since=since))
    return b"id: %b\nevent: listening\ndata: %b\n\n" % (last.encode("latin-1"), begun), position


async def _stream_webhook_messages(
    request: ApiRequest, criteria: WebhookStreamFilter, begun: bytes, position: WebhookStreamPosition
) -> AsyncIterator[bytes]:
    """Yield a webhook stream's messages until its time or an error ends it; hold no database connection."""
    yield begun
    ref, reader = (
        (request.organization_id, request.organization_id),
        _WebhookStreamProducer(request, criteria, position),
    )
    clock = asyncio.get_running_loop().time
    ends = clock() + MAX_WEBHOOK_STREAM_S
    try:
        with request.services.stream_hub.subscribe(ref) as seat:
            while not seat.closed and (left := ends - clock()) > 0:
                head = await seat.await_wanted_state_or_none(
                    reader.is_behind_stream_head, within=min(MAX_WEBHOOK_STREAM_SILENCE_S, left)
                )
                if head is None:
                    await reader.recheck_api_key()
                    yield reader.build_keep_alive()
                    continue
                for event in await reader.read_next_batch(head):
                    if message := await reader.recheck_key_and_render_message(event):
                        yield message
                if reader.skipped_whole_batch:
                    await reader.recheck_api_key()
                    yield reader.build_keep_alive()
    except (ApiKeyUnauthenticated, KillSwitchActive, ApiKeyScopeMissing):
        return
    except ServiceUnavailable:
        pass
    yield WEBHOOK_STREAM_END_MESSAGE


class _WebhookStreamProducer:
    """Reads the events of one stream from its position on, and checks the stream's key."""

    def __init__(self, request: ApiRequest, criteria: WebhookStreamFilter, position: WebhookStreamPosition) -> None:
        self._request, self._criteria, self._position = request, criteria, position
        #: The last event read, if it doesn't match the filter.
        self._skipped: UUID | None = None
        #: Whether the last full batch had no matching event: hours of such events may follow.
        self.skipped_whole_batch = False

    def is_behind_stream_head(self, head: StreamHead) -> bool:
        return head > self._position.head

    async def read_next_batch(self, head: StreamHead) -> list[WebhookStreamEvent]:
        """Read the next batch of webhook events, and return the events that match the stream's filter.

        The position then moves past the batch, and past `head` if it isn't full. Raises `ServiceUnavailable`.
        """
        org = self._request.organization_id
        with convert_postgres_away_errors():
            async with self._request.services.connections.acquire_connection(org) as conn:
                events_read = await streams.read_webhook_stream_events(
                    conn, organization_id=org, position=self._position, limit=WEBHOOK_EVENTS_PER_STREAM_BATCH
                )
        if len(events_read) < WEBHOOK_EVENTS_PER_STREAM_BATCH:
            self._position = self._position.advance_to(head)
        if events_read:
            # The last event may be newer than `head`, which was polled earlier.
            self._position = self._position.advance_to(events_read[-1].transaction_and_event_ids)
            self._skipped = None if self._criteria.matches_event(events_read[-1]) else events_read[-1].id
        matching = [event for event in events_read if self._criteria.matches_event(event)]
        self.skipped_whole_batch = len(events_read) == WEBHOOK_EVENTS_PER_STREAM_BATCH and not matching
        return matching

    def build_keep_alive(self) -> bytes:
        """Build a keep-alive message. If the last event didn't match, give its `id` to resume from."""
        at = f"id: {ids.format_prefixed_id(ids.WEBHOOK_EVENT_ID_PREFIX, self._skipped)}\n" if self._skipped else ""
        return f"{at}: nothing to tell\n\n".encode()

    async def recheck_key_and_render_message(self, event: WebhookStreamEvent) -> bytes | None:
        """Render a webhook event as a message of the stream; None if it was deleted or can't be rendered.

        First checks the key, and raises the errors of `recheck_api_key`.
        """
        await self.recheck_api_key()
        render = partial(
            events.read_or_render_webhook_event_body,
            organization_id=self._request.organization_id,
            event_id=event.id,
            public_url=self._request.public_api_base_url,
        )
        try:
            with convert_postgres_away_errors():
                body = await self._request.run_transaction(render)
        except ObjectNotFound:
            return None
        except events.WEBHOOK_RENDER_ERRORS as error:
            # A client that reconnects would get the same event again.
            _log.error("an event can't be rendered", event_id=str(event.id), exc_info=error)
            return None
        return b"id: %b\ndata: %b\n\n" % (ids.format_prefixed_id(ids.WEBHOOK_EVENT_ID_PREFIX, event.id).encode(), body)

    async def recheck_api_key(self) -> None:
        """Raise if the stream's API key is no longer valid, so that the stream must end.

        Raises `ApiKeyUnauthenticated`, `KillSwitchActive`, `ApiKeyScopeMissing`, `ServiceUnavailable`.
        """
        principal = await self._request.authenticate_again()
        if not is_scope_granted(principal.scopes, WEBHOOK_STREAM_SCOPE):
            raise ApiKeyScopeMissing(WEBHOOK_STREAM_SCOPE)
