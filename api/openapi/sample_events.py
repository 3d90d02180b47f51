"""Sample webhook events, built from the API document's examples and changed to fit each event type.

They use the same types as the responses of the GET routes, so that they have exactly the same fields.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

import msgspec

from api.openapi.examples import examples
from domain.webhooks.samples import Sample
from schemas import ids
from schemas.accounts import SocialAccount
from schemas.content import Content, ContentDecision, LineProvenance, Verdict
from schemas.jobs import Job, JobError
from schemas.leases import LeaseRequest
from schemas.posts import Post, PostError
from schemas.projects import Project
from schemas.webhooks import WebhookEndpoint, WebhookEventType

Fields: TypeAlias = dict[str, Any]


class _Kind(NamedTuple):
    """A kind of object: its type, the operation with its example, and its id."""

    shape: type[msgspec.Struct]
    operation: str
    id: str
    prefix: str


#: By the first word of the event type.
_KINDS: Mapping[str, _Kind] = {
    "project": _Kind(Project, "get_project", "id", ids.PROJECT),
    "job": _Kind(Job, "get_job", "job_id", ids.JOB),
    "content": _Kind(Content, "get_content", "id", ids.CONTENT),
    "post": _Kind(Post, "get_scheduled_post", "id", ids.POST),
    "social_account": _Kind(SocialAccount, "get_social_account", "social_account_id", ids.ACCOUNT),
    "lease_request": _Kind(LeaseRequest, "get_lease_request", "request_id", ids.LEASE_REQUEST),
    "webhook_endpoint": _Kind(WebhookEndpoint, "get_webhook_endpoint", "id", ids.WEBHOOK_ENDPOINT),
    "test": _Kind(WebhookEndpoint, "get_webhook_endpoint", "id", ids.WEBHOOK_ENDPOINT),
}
#: Kinds without a project.
_KINDS_WITHOUT_PROJECT = {"webhook_endpoint", "test"}

_LINE = LineProvenance(line="Low tide at six.", field="tagline", quote="Low tide at six", rule="clause")
_TIMEOUT = JobError(code="TIMEOUT", message="example.com did not answer in time: try again", retryable=True)

_REFUSED = PostError(
    code="CONTENT_REJECTED", category="user_content", message="the platform refuses the text: edit it",
    retryable=False,
)  # fmt: skip
_LOST = PostError(
    code="OUTCOME_UNKNOWN", category="unknown", message="look there, and say with `resolve` what you saw",
    retryable=False,
)  # fmt: skip


def _unpublished_fields(**changed: Any) -> Fields:
    """Return the fields of a post that its platform hasn't published."""
    return {"published_at": None, "external_id": None, "external_url": None, **changed}


def _decided(verdict: Verdict, now: datetime, note: str | None) -> Fields:
    decision = ContentDecision(decision=verdict, revision=1, note=note, decided_at=now, decided_by=None)
    return {"approval_status": verdict, "decision": decision}


#: Changes to the example, by event type.
_CHANGES: Mapping[WebhookEventType, Callable[[datetime], Fields]] = {
    "project.archived": lambda now: {"status": "archived", "archived_at": now},
    "job.completed": lambda _: {},
    "job.failed": lambda _: {
        "status": "failed", "stage": "failed", "progress": 0.2, "result": None, "error": _TIMEOUT,
    },
    "job.canceled": lambda _: {
        "status": "canceled", "stage": "canceled", "progress": 0.2, "cancel_requested": True, "result": None,
    },
    "content.generated": lambda _: {
        "creative_type": "generated", "hook": _LINE.line, "job_id": ids.show_new(ids.JOB),
        "provenance": [_LINE],
    },
    "content.approved": lambda now: _decided("approved", now, None),
    "content.rejected": lambda now: _decided("rejected", now, "The tide is at seven."),
    "post.scheduled": lambda now: _unpublished_fields(
        status="queued", scheduled_for=now + timedelta(days=1), attempted_at=None
    ),
    "post.published": lambda _: {},
    "post.draft_in_inbox": lambda _: _unpublished_fields(
        status="draft_in_inbox", platform="tiktok", mode="draft"
    ),
    "post.failed": lambda _: _unpublished_fields(status="failed", last_error=_REFUSED),
    "post.canceled": lambda now: _unpublished_fields(
        status="canceled", attempted_at=None, canceled_at=now, cancel_reason="The oven is broken"
    ),
    "post.outcome_unknown": lambda _: _unpublished_fields(status="outcome_unknown", last_error=_LOST),
    "social_account.connected": lambda _: {},
    "social_account.needs_reauth": lambda _: {"status": "reauth_required"},
    "social_account.revoked": lambda _: {"status": "disconnected"},
    "lease_request.assigned": lambda _: {},
    "lease_request.rejected": lambda _: {
        "status": "rejected", "assigned_social_account_ids": [], "assigned_at": None,
        "reason": "No such account is free.",
    },
    "webhook_endpoint.disabled": lambda now: {
        "status": "disabled", "disabled_reason": "FAILING", "consecutive_failure_count": 120,
        "failing_since": now - timedelta(days=5),
    },
    "test.ping": lambda _: {},
}  # fmt: skip


def build_sample(
    type_: WebhookEventType, *, organization_id: UUID, project_id: UUID | None, now: datetime
) -> Sample:
    """Build a sample with current times and fresh ids; the project's id is random unless given."""
    noun = type_.partition(".")[0]
    kind = _KINDS[noun]
    thing = msgspec.convert(examples()[kind.operation].answer, kind.shape)
    own = project_id or (None if noun in _KINDS_WITHOUT_PROJECT else ids.new())
    object_id = own if noun == "project" and own else ids.new()
    fields = {
        **{name: now for name in thing.__struct_fields__ if isinstance(getattr(thing, name), datetime)},
        "organization_id": ids.show(ids.ORGANIZATION, organization_id),
        "project_id": own and ids.show(ids.PROJECT, own),
        kind.id: ids.show(kind.prefix, object_id),
        **_CHANGES[type_](now),
    }
    known = {name: value for name, value in fields.items() if name in thing.__struct_fields__}
    return Sample(type_, own, object_id, msgspec.structs.replace(thing, **known))
