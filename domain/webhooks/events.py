"""Webhook events: reads for partners, and their bodies, the same bytes for each receiver and each attempt.

The first sender renders an event's object once, as its GET returns it at that time. So the change itself only
inserts a row, and a receiver never sees a state that was replaced before. An event may therefore show a later
state than its own; `version` orders two renderings of one object.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from db.pool import Conn
from db.queries import webhook_event
from domain.accounts import accounts
from domain.content import content
from domain.jobs import jobs
from domain.leasing import requests
from domain.projects import projects
from domain.publishing import posts
from domain.tenancy import project_locks, sandbox_clock, sandbox_times
from domain.values.answers import build_api_answer_from_row
from domain.webhooks import endpoints
from schemas import ids
from schemas.errors import ObjectNotFound, StateConflict
from schemas.errors.absent import not_found_error
from schemas.webhooks import WebhookEvent, WebhookEventBody, WebhookEventData, WebhookEventType

#: Retention of events with their deliveries.
WEBHOOK_EVENT_RETENTION = timedelta(days=30)
#: Most bytes of a body: receivers may refuse larger ones. A larger body leaves the object out.
MAX_WEBHOOK_EVENT_BODY_BYTES = 20_000
#: Events, or remains of deleted endpoints, that one run of `prune_webhook_events` deletes.
MAX_PRUNED_WEBHOOK_EVENTS = 500


class _WebhookEventRow(NamedTuple):
    id: UUID
    project_id: UUID | None
    type: WebhookEventType
    created_at: datetime


class _LockedWebhookEvent(NamedTuple):
    id: UUID
    project_id: UUID | None
    type: WebhookEventType
    object_id: UUID
    created_at: datetime
    body: bytes | None
    next_version: int


class WebhookEventSubject(NamedTuple):
    """Object that an event is about, and the server's public URL."""

    organization_id: UUID
    project_id: UUID | None
    id: UUID
    public_url: str


class SampleWebhookEventToSend(NamedTuple):
    """Object of a sample event, and its type. The object doesn't exist: it is to test a receiver."""

    type: WebhookEventType
    project_id: UUID | None
    object_id: UUID
    thing: Any


LIST_WEBHOOK_EVENTS = webhook_event.list_events.typed(_WebhookEventRow)
LOCK_WEBHOOK_EVENTS_FOR_RENDERING = webhook_event.lock_events.typed(_LockedWebhookEvent)

#: Errors of a bug in rendering.
WEBHOOK_RENDER_ERRORS = (LookupError, TypeError, ValueError, AttributeError, OverflowError)


async def list_webhook_event_page(
    conn: Conn,
    *,
    organization_id: UUID,
    types: Sequence[WebhookEventType] | None,
    project_id: UUID | None,
    before: UUID | None,
    limit: int,
) -> list[WebhookEvent]:
    """Return at most `limit` webhook events of an organization older than `before`, newest first.

    Filters of None match all. Raises `ObjectNotFound` for an unknown project.
    """
    if project_id is not None:
        await project_locks.check_project_exists(conn, organization_id=organization_id, project_id=project_id)
    rows = await LIST_WEBHOOK_EVENTS.all(
        conn, org=organization_id, types=types, project_id=project_id, before=before, limit=limit
    )
    return [_webhook_event_row_to_schema(row) for row in rows]


async def read_or_render_webhook_event_body(
    conn: Conn, *, organization_id: UUID, event_id: UUID, public_url: str
) -> bytes:
    """Return the body of a webhook event, the same bytes for each receiver; render it if it is new.

    Raises `ObjectNotFound`, and one of `WEBHOOK_RENDER_ERRORS` if it can't be rendered.
    """
    stored: bytes | None = await webhook_event.get_body.value(conn, org=organization_id, id=event_id)
    if stored is not None:
        return stored
    rendered = partial(build_and_store_webhook_event_bodies, organization_id=organization_id, public_url=public_url)
    rendered_body = (await rendered(conn, event_ids=[event_id])).get(event_id)
    if rendered_body is None:
        raise not_found_error("webhook_event")
    if isinstance(rendered_body, Exception):
        raise rendered_body
    return rendered_body


async def build_and_store_webhook_event_bodies(
    conn: Conn, *, organization_id: UUID, event_ids: Sequence[UUID], public_url: str
) -> Mapping[UUID, bytes | Exception]:
    """Return the bodies of webhook events by id, or the error of one that can't be rendered.

    Bodies that are already stored are returned as they are. Deleted events are absent. Runs in a transaction: of
    concurrent senders one renders an event, and the others wait for it.
    """
    # Version numbers are taken before the objects are read. So an event of a later change has a higher number
    # than any rendering without that change.
    rows = await LOCK_WEBHOOK_EVENTS_FOR_RENDERING.all(conn, org=organization_id, ids=event_ids)
    bodies_by_id: dict[UUID, bytes | Exception] = {row.id: row.body for row in rows if row.body is not None}
    if len(bodies_by_id) == len(rows):
        return bodies_by_id
    ahead = await sandbox_clock.hold_sandbox_clock_even_if_advancing(conn, organization_id=organization_id)
    new_bodies: dict[UUID, bytes] = {}
    for row in (row for row in rows if row.body is None):
        subject = WebhookEventSubject(organization_id, row.project_id, row.object_id, public_url)
        try:
            new_bodies[row.id] = await _build_webhook_event_body(conn, row, subject, ahead)
        except WEBHOOK_RENDER_ERRORS as error:
            bodies_by_id[row.id] = error
    await webhook_event.keep_bodies.run(conn, org=organization_id, ids=[*new_bodies], bodies=[*new_bodies.values()])
    return bodies_by_id | new_bodies


async def prune_webhook_events(conn: Conn) -> int:
    """Delete a batch of webhook events past `WEBHOOK_EVENT_RETENTION`, with deliveries; return the number.

    If there is none, deletes rows of webhook endpoints that ended as long ago, and returns their number.
    """
    before = ids.first_uuid7_at(datetime.now(UTC) - WEBHOOK_EVENT_RETENTION)
    pruned = await webhook_event.prune_events.run(conn, before=before, limit=MAX_PRUNED_WEBHOOK_EVENTS)
    return pruned or await webhook_event.prune_endpoints.run(
        conn, keep=WEBHOOK_EVENT_RETENTION, limit=MAX_PRUNED_WEBHOOK_EVENTS
    )


async def emit_sample_webhook_event(
    conn: Conn, *, organization_id: UUID, sample: SampleWebhookEventToSend, public_url: str
) -> WebhookEvent:
    """Emit a sample webhook event with its body to the event type's subscribers, and return it.

    Raises `StateConflict` NOBODY_LISTENS.
    """
    event_id = await webhook_event.emit_event.value(
        conn,
        org=organization_id,
        project_id=sample.project_id,
        type=sample.type,
        object_id=sample.object_id,
        told_only=None,
        about=None,
    )
    if event_id is None:
        raise StateConflict(
            "NOBODY_LISTENS", f"no endpoint subscribes to {sample.type}: create one, or read the stream"
        )
    [row] = await LOCK_WEBHOOK_EVENTS_FOR_RENDERING.all(conn, org=organization_id, ids=[event_id])
    ahead = await sandbox_clock.hold_sandbox_clock_even_if_advancing(conn, organization_id=organization_id)
    subject = WebhookEventSubject(organization_id, sample.project_id, sample.object_id, public_url)
    rendered = _encode_webhook_body(row, subject, sandbox_times.shift_answer_times(sample.thing, ahead))
    await webhook_event.keep_bodies.run(conn, org=organization_id, ids=[event_id], bodies=[rendered])
    return _webhook_event_row_to_schema(row)


async def _build_webhook_event_body(
    conn: Conn, row: _LockedWebhookEvent, subject: WebhookEventSubject, ahead: timedelta
) -> bytes:
    try:
        shown = sandbox_times.shift_answer_times(await _webhook_object_kind(row.type).read_object(conn, subject), ahead)
    except ObjectNotFound:
        shown = None
    return _encode_webhook_body(row, subject, shown)


def _encode_webhook_body(row: _LockedWebhookEvent, subject: WebhookEventSubject, subject_view: Any) -> bytes:
    event_body = build_api_answer_from_row(
        WebhookEventBody,
        row,
        id=ids.format_prefixed_id(ids.WEBHOOK_EVENT_ID_PREFIX, row.id),
        data=WebhookEventData(
            object=subject_view, version=row.next_version, object_url=_webhook_object_kind(row.type).url(subject)
        ),
    )
    encoded = msgspec.json.encode(event_body)
    if len(encoded) <= MAX_WEBHOOK_EVENT_BODY_BYTES:
        return encoded
    return msgspec.json.encode(
        msgspec.structs.replace(event_body, data=msgspec.structs.replace(event_body.data, object=None))
    )


class _WebhookObjectKind(NamedTuple):
    """Kind of object in webhook events: its reader, which may return a version too, and the path of its GET.

    The reader takes the organization, the object's id as `id_name`, and the event's fields named in `beside`.
    """

    read: Callable[..., Awaitable[Any]]
    id_name: str
    path: str
    prefix: str
    beside: tuple[str, ...] = ()

    async def read_object(self, conn: Conn, subject: WebhookEventSubject) -> Any:
        """Return the object as its GET returns it now. Raises `ObjectNotFound`, also for a `project_id` of None."""
        scope = {name: getattr(subject, name) for name in ("organization_id", *self.beside)}
        found = await self.read(conn, **scope, **{self.id_name: subject.id})
        return found[0] if isinstance(found, tuple) else found

    def url(self, subject: WebhookEventSubject) -> str:
        shown_id = ids.format_prefixed_id(self.prefix, subject.id)
        project = ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, subject.project_id) if subject.project_id else ""
        return f"{subject.public_url}/v1{self.path.format(id=shown_id, project=project)}"


_ENDPOINT_WEBHOOK_OBJECT_KIND = _WebhookObjectKind(
    endpoints.read_webhook_endpoint, "endpoint_id", "/webhook-endpoints/{id}", ids.WEBHOOK_ENDPOINT_ID_PREFIX
)

#: By the first word of a type.
_WEBHOOK_OBJECT_KINDS: Mapping[str, _WebhookObjectKind] = {
    "project": _WebhookObjectKind(projects.read_project, "project_id", "/projects/{id}", ids.PROJECT_ID_PREFIX),
    "job": _WebhookObjectKind(jobs.read_job, "job_id", "/jobs/{id}", ids.JOB_ID_PREFIX),
    "content": _WebhookObjectKind(
        content.read_content, "content_id", "/content/{id}", ids.CONTENT_ID_PREFIX, ("public_url",)
    ),
    "post": _WebhookObjectKind(posts.read_versioned_post, "post_id", "/scheduled-posts/{id}", ids.POST_ID_PREFIX),
    "social_account": _WebhookObjectKind(
        accounts.read_account, "account_id", "/social-accounts/{id}", ids.ACCOUNT_ID_PREFIX
    ),
    "lease_request": _WebhookObjectKind(
        requests.read_lease_request,
        "request_id",
        "/projects/{project}/leased-accounts/requests/{id}",
        ids.LEASE_REQUEST_ID_PREFIX,
        ("project_id",),
    ),
    "webhook_endpoint": _ENDPOINT_WEBHOOK_OBJECT_KIND,
    "test": _ENDPOINT_WEBHOOK_OBJECT_KIND,
}


def _webhook_object_kind(type_: WebhookEventType) -> _WebhookObjectKind:
    return _WEBHOOK_OBJECT_KINDS[type_.partition(".")[0]]


def _webhook_event_row_to_schema(row: _WebhookEventRow | _LockedWebhookEvent) -> WebhookEvent:
    return build_api_answer_from_row(WebhookEvent, row, id=ids.format_prefixed_id(ids.WEBHOOK_EVENT_ID_PREFIX, row.id))
