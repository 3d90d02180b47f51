"""Sample webhook events, built from the API document's examples and changed to fit each event type.

They use the same types as the responses of the GET routes, so that they have exactly the same fields.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

import msgspec

from api.openapi.examples import load_openapi_examples
from domain.webhooks.events import SampleWebhookEventToSend
from schemas import ids
from schemas.accounts import SocialAccount
from schemas.content import Content, ContentDecision, LineProvenance, ReviewVerdict
from schemas.jobs import Job, JobError
from schemas.leases import LeaseRequest
from schemas.posts import Post, PostError
from schemas.projects import Project
from schemas.webhooks import WebhookEndpoint, WebhookEventType

SampleFields: TypeAlias = dict[str, Any]


class _SampleWebhookObjectKind(NamedTuple):
    """A kind of object in sample events.

    `operation` gives the example. `shape` is the object's type; the other fields name its id field and its prefix.
    """

    shape: type[msgspec.Struct]
    operation: str
    id: str
    prefix: str


#: By the first word of the event type.
_SAMPLE_WEBHOOK_OBJECTS_BY_NOUN: Mapping[str, _SampleWebhookObjectKind] = {
    "project": _SampleWebhookObjectKind(Project, "get_project", "id", ids.PROJECT_ID_PREFIX),
    "job": _SampleWebhookObjectKind(Job, "get_job", "job_id", ids.JOB_ID_PREFIX),
    "content": _SampleWebhookObjectKind(Content, "get_content", "id", ids.CONTENT_ID_PREFIX),
    "post": _SampleWebhookObjectKind(Post, "get_scheduled_post", "id", ids.POST_ID_PREFIX),
    "social_account": _SampleWebhookObjectKind(
        SocialAccount, "get_social_account", "social_account_id", ids.ACCOUNT_ID_PREFIX
    ),
    "lease_request": _SampleWebhookObjectKind(
        LeaseRequest, "get_lease_request", "request_id", ids.LEASE_REQUEST_ID_PREFIX
    ),
    "webhook_endpoint": _SampleWebhookObjectKind(
        WebhookEndpoint, "get_webhook_endpoint", "id", ids.WEBHOOK_ENDPOINT_ID_PREFIX
    ),
    "test": _SampleWebhookObjectKind(WebhookEndpoint, "get_webhook_endpoint", "id", ids.WEBHOOK_ENDPOINT_ID_PREFIX),
}
#: Kinds without a project.
_SAMPLE_OBJECT_KINDS_WITHOUT_PROJECT = {"webhook_endpoint", "test"}

_WEBHOOK_SAMPLE_PROVENANCE = LineProvenance(
    line="Low tide at six.", field="tagline", quote="Low tide at six", rule="clause"
)
_WEBHOOK_SAMPLE_JOB_ERROR = JobError(
    code="TIMEOUT", message="example.com did not answer in time: try again", retryable=True
)

_WEBHOOK_SAMPLE_POST_ERROR = PostError(
    code="CONTENT_REJECTED", category="user_content", message="the platform refuses the text: edit it",
    retryable=False,
)  # fmt: skip
_WEBHOOK_SAMPLE_UNKNOWN_OUTCOME_ERROR = PostError(
    code="OUTCOME_UNKNOWN", category="unknown", message="look there, and say with `resolve` what you saw",
    retryable=False,
)  # fmt: skip


def _sample_fields_of_unpublished_post(**changed: Any) -> SampleFields:
    """Return the sample fields of a post that its platform hasn't published, with those in `changed`."""
    return {"published_at": None, "external_id": None, "external_url": None, **changed}


def _sample_content_decision_fields(verdict: ReviewVerdict, now: datetime, note: str | None) -> SampleFields:
    decision = ContentDecision(decision=verdict, revision=1, note=note, decided_at=now, decided_by=None)
    return {"approval_status": verdict, "decision": decision}


#: Changes to the example, by event type.
_WEBHOOK_SAMPLE_FIELD_BUILDERS_BY_TYPE: Mapping[WebhookEventType, Callable[[datetime], SampleFields]] = {
    "project.archived": lambda now: {"status": "archived", "archived_at": now},
    "job.completed": lambda _: {},
    "job.failed": lambda _: {
        "status": "failed", "stage": "failed", "progress": 0.2, "result": None,
        "error": _WEBHOOK_SAMPLE_JOB_ERROR,
    },
    "job.canceled": lambda _: {
        "status": "canceled", "stage": "canceled", "progress": 0.2, "cancel_requested": True, "result": None,
    },
    "content.generated": lambda _: {
        "creative_type": "generated", "hook": _WEBHOOK_SAMPLE_PROVENANCE.line,
        "job_id": ids.new_prefixed_id(ids.JOB_ID_PREFIX),
        "provenance": [_WEBHOOK_SAMPLE_PROVENANCE],
    },
    "content.approved": lambda now: _sample_content_decision_fields("approved", now, None),
    "content.rejected": lambda now: _sample_content_decision_fields("rejected", now, "The tide is at seven."),
    "post.scheduled": lambda now: _sample_fields_of_unpublished_post(
        status="queued", scheduled_for=now + timedelta(days=1), attempted_at=None
    ),
    "post.published": lambda _: {},
    "post.draft_in_inbox": lambda _: _sample_fields_of_unpublished_post(
        status="draft_in_inbox", platform="tiktok", mode="draft"
    ),
    "post.failed": lambda _: _sample_fields_of_unpublished_post(status="failed",
    last_error=_WEBHOOK_SAMPLE_POST_ERROR),
    "post.canceled": lambda now: _sample_fields_of_unpublished_post(
        status="canceled", attempted_at=None, canceled_at=now, cancel_reason="The oven is broken"
    ),
    "post.outcome_unknown": lambda _: _sample_fields_of_unpublished_post(status="outcome_unknown",
    last_error=_WEBHOOK_SAMPLE_UNKNOWN_OUTCOME_ERROR),
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


def build_sandbox_webhook_sample(
    type_: WebhookEventType, *, organization_id: UUID, project_id: UUID | None, now: datetime
) -> SampleWebhookEventToSend:
    """Build a sample event with new ids and time `now`. Without `project_id`, it is random; endpoints have none."""
    noun = type_.partition(".")[0]
    kind = _SAMPLE_WEBHOOK_OBJECTS_BY_NOUN[noun]
    thing = msgspec.convert(load_openapi_examples()[kind.operation].answer, kind.shape)
    own = project_id or (None if noun in _SAMPLE_OBJECT_KINDS_WITHOUT_PROJECT else ids.new_uuid7())
    object_id = own if noun == "project" and own else ids.new_uuid7()
    fields = {
        **{name: now for name in thing.__struct_fields__ if isinstance(getattr(thing, name), datetime)},
        "organization_id": ids.format_prefixed_id(ids.ORGANIZATION_ID_PREFIX, organization_id),
        "project_id": own and ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, own),
        kind.id: ids.format_prefixed_id(kind.prefix, object_id),
        **_WEBHOOK_SAMPLE_FIELD_BUILDERS_BY_TYPE[type_](now),
    }
    known = {name: value for name, value in fields.items() if name in thing.__struct_fields__}
    return SampleWebhookEventToSend(type_, own, object_id, msgspec.structs.replace(thing, **known))
