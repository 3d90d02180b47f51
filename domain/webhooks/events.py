"""Webhook events as partners read them, and what is sent of one: the same bytes to everybody, on each try.

What it is about is rendered once, as its GET answers then, by whoever needs it first: the change itself pays
for a row, and nobody gets to see what was replaced meanwhile. So an event may show a later state than the one
that it tells of; `version` says which of two renderings of one object is the newer one.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple, TypeAlias
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
from domain.tenancy import project_locks, sandbox_clock, shown_times
from domain.webhooks import endpoints
from schemas import ids
from schemas.errors import NotFound
from schemas.errors.absent import absent
from schemas.webhooks import WebhookEvent, WebhookEventBody, WebhookEventData, WebhookEventType

#: How long events are kept, with their deliveries.
KEPT = timedelta(days=30)
#: Bytes of a body, at most: receivers may refuse larger ones. Of a larger one the object is left out.
MOST_BYTES = 20_000
#: Events, or what was left of endpoints, that one run of `prune` deletes.
BATCH = 500


class _Row(NamedTuple):
    id: UUID
    project_id: UUID | None
    type: WebhookEventType
    created_at: datetime


class _Unrendered(NamedTuple):
    id: UUID
    project_id: UUID | None
    type: WebhookEventType
    object_id: UUID
    created_at: datetime
    body: bytes | None
    next_version: int


class Subject(NamedTuple):
    """The thing that an event is about, and where the server is reached."""

    organization_id: UUID
    project_id: UUID | None
    id: UUID
    public_url: str


LIST_EVENTS = webhook_event.list_events.typed(_Row)
LOCK_EVENTS = webhook_event.lock_events.typed(_Unrendered)

#: What our own fault in a rendering may raise.
FAULTS = (LookupError, TypeError, ValueError, AttributeError, OverflowError)

Read: TypeAlias = Callable[[Conn, Subject], Awaitable[Any]]


async def list_page(
    conn: Conn,
    *,
    organization_id: UUID,
    types: Sequence[WebhookEventType] | None,
    project_id: UUID | None,
    before: UUID | None,
    limit: int,
) -> list[WebhookEvent]:
    """At most `limit` events older than `before`, newest first. Raises `NotFound` for a foreign project."""
    if project_id is not None:
        await project_locks.check(conn, organization_id=organization_id, project_id=project_id)
    rows = await LIST_EVENTS.all(
        conn, org=organization_id, types=types, project_id=project_id, before=before, limit=limit
    )
    return [
        WebhookEvent(
            id=ids.show(ids.WEBHOOK_EVENT, row.id),
            type=row.type,
            created_at=row.created_at,
            project_id=_project(row.project_id),
        )
        for row in rows
    ]


async def body(conn: Conn, *, organization_id: UUID, event_id: UUID, public_url: str) -> bytes:
    """The bytes that are sent of an event, now and ever after. Raises `NotFound`, and one of `FAULTS`."""
    kept: bytes | None = await webhook_event.get_body.value(conn, org=organization_id, id=event_id)
    if kept is not None:
        return kept
    rendered = partial(bodies, organization_id=organization_id, public_url=public_url)
    found = (await rendered(conn, event_ids=[event_id])).get(event_id)
    if found is None:
        raise absent("webhook_event")
    if isinstance(found, Exception):
        raise found
    return found


async def bodies(
    conn: Conn, *, organization_id: UUID, event_ids: Sequence[UUID], public_url: str
) -> Mapping[UUID, bytes | Exception]:
    """The same of several events, or why one can't be rendered; those that are gone are absent.

    In a transaction: of several who need one at once one renders it, the others wait for that.
    """
    # The numbers are taken before the objects are read: what a change of one has emitted has a higher one
    # than each rendering that doesn't show that change.
    rows = await LOCK_EVENTS.all(conn, org=organization_id, ids=event_ids)
    found: dict[UUID, bytes | Exception] = {row.id: row.body for row in rows if row.body is not None}
    if len(found) == len(rows):
        return found
    ahead = await sandbox_clock.keep(conn, organization_id=organization_id)
    made: dict[UUID, bytes] = {}
    for row in (row for row in rows if row.body is None):
        subject = Subject(organization_id, row.project_id, row.object_id, public_url)
        try:
            made[row.id] = await _render(conn, row, subject, ahead)
        except FAULTS as error:
            found[row.id] = error
    await webhook_event.keep_bodies.run(conn, org=organization_id, ids=[*made], bodies=[*made.values()])
    return found | made


async def prune(conn: Conn) -> int:
    """Delete a batch of events past their time with their deliveries, or of endpoints deleted long ago."""
    before = ids.first_of(datetime.now(UTC) - KEPT)
    pruned = await webhook_event.prune_events.run(conn, before=before, limit=BATCH)
    return pruned or await webhook_event.prune_endpoints.run(conn, keep=KEPT, limit=BATCH)


async def keep_sample(conn: Conn, *, event_id: UUID, subject: Subject, thing: Any) -> WebhookEvent:
    """Make of an event of this transaction one about a thing that there isn't, and show it."""
    org = subject.organization_id
    [row] = await LOCK_EVENTS.all(conn, org=org, ids=[event_id])
    ahead = await sandbox_clock.keep(conn, organization_id=org)
    rendered = _encode(row, subject, shown_times.shown(thing, ahead))
    await webhook_event.keep_bodies.run(conn, org=org, ids=[event_id], bodies=[rendered])
    return WebhookEvent(
        id=ids.show(ids.WEBHOOK_EVENT, row.id),
        type=row.type,
        created_at=row.created_at,
        project_id=_project(row.project_id),
    )


async def _render(conn: Conn, row: _Unrendered, subject: Subject, ahead: timedelta) -> bytes:
    try:
        shown = shown_times.shown(await _kind(row.type).read(conn, subject), ahead)
    except NotFound:
        shown = None
    return _encode(row, subject, shown)


def _encode(row: _Unrendered, subject: Subject, shown: Any) -> bytes:
    made = WebhookEventBody(
        id=ids.show(ids.WEBHOOK_EVENT, row.id),
        type=row.type,
        created_at=row.created_at,
        project_id=_project(row.project_id),
        data=WebhookEventData(
            object=shown,
            version=row.next_version,
            object_url=_kind(row.type).url(subject),
        ),
    )
    encoded = msgspec.json.encode(made)
    if len(encoded) <= MOST_BYTES:
        return encoded
    return msgspec.json.encode(
        msgspec.structs.replace(made, data=msgspec.structs.replace(made.data, object=None))
    )


async def _job(conn: Conn, subject: Subject) -> Any:
    return (await jobs.get(conn, organization_id=subject.organization_id, job_id=subject.id))[0]


async def _project_of(conn: Conn, subject: Subject) -> Any:
    return (await projects.get(conn, organization_id=subject.organization_id, project_id=subject.id))[0]


async def _content(conn: Conn, subject: Subject) -> Any:
    return await content.get(
        conn,
        organization_id=subject.organization_id,
        content_id=subject.id,
        public_url=subject.public_url,
    )


async def _post(conn: Conn, subject: Subject) -> Any:
    return (await posts.get(conn, organization_id=subject.organization_id, post_id=subject.id))[0]


async def _account(conn: Conn, subject: Subject) -> Any:
    return await accounts.get(conn, organization_id=subject.organization_id, account_id=subject.id)


async def _lease_request(conn: Conn, subject: Subject) -> Any:
    if subject.project_id is None:
        raise absent("lease_request")
    return await requests.get(
        conn,
        organization_id=subject.organization_id,
        project_id=subject.project_id,
        request_id=subject.id,
    )


async def _endpoint(conn: Conn, subject: Subject) -> Any:
    return (await endpoints.get(conn, organization_id=subject.organization_id, endpoint_id=subject.id))[0]


class _Kind(NamedTuple):
    """The reading of one kind of thing, and the path that its GET has."""

    read: Read
    path: str
    prefix: str

    def url(self, subject: Subject) -> str:
        shown = ids.show(self.prefix, subject.id)
        project = ids.show(ids.PROJECT, subject.project_id) if subject.project_id else ""
        return f"{subject.public_url}/v1{self.path.format(id=shown, project=project)}"


#: By the first word of a type.
_KINDS: Mapping[str, _Kind] = {
    "project": _Kind(_project_of, "/projects/{id}", ids.PROJECT),
    "job": _Kind(_job, "/jobs/{id}", ids.JOB),
    "content": _Kind(_content, "/content/{id}", ids.CONTENT),
    "post": _Kind(_post, "/scheduled-posts/{id}", ids.POST),
    "social_account": _Kind(_account, "/social-accounts/{id}", ids.ACCOUNT),
    "lease_request": _Kind(
        _lease_request, "/projects/{project}/leased-accounts/requests/{id}", ids.LEASE_REQUEST
    ),
    "webhook_endpoint": _Kind(_endpoint, "/webhook-endpoints/{id}", ids.WEBHOOK_ENDPOINT),
    "test": _Kind(_endpoint, "/webhook-endpoints/{id}", ids.WEBHOOK_ENDPOINT),
}


def _kind(type_: WebhookEventType) -> _Kind:
    return _KINDS[type_.partition(".")[0]]


def _project(project_id: UUID | None) -> str | None:
    return None if project_id is None else ids.show(ids.PROJECT, project_id)
