"""Identifiers: a UUIDv7 (RFC 9562 5.7) internally; a prefix and that UUID in the API."""

import os
import re
import time
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta

PROJECT_ID_PREFIX = "prj"
JOB_ID_PREFIX = "job"
ORGANIZATION_ID_PREFIX = "org"
API_KEY_ID_PREFIX = "key"
CONTENT_ID_PREFIX = "cnt"
ASSET_ID_PREFIX = "ast"
TEMPLATE_ID_PREFIX = "tpl"
ACCOUNT_ID_PREFIX = "sa"
POST_ID_PREFIX = "sp"
LEASE_REQUEST_ID_PREFIX = "lreq"
SDK_APP_ID_PREFIX = "app"
INFLUENCER_ID_PREFIX = "inf"
CLAIM_ID_PREFIX = "clm"
QUARANTINED_EVENT_ID_PREFIX = "qev"
CONVERSION_ID_PREFIX = "cnv"
WEBHOOK_ENDPOINT_ID_PREFIX = "we"
WEBHOOK_EVENT_ID_PREFIX = "evt"
WEBHOOK_DELIVERY_ID_PREFIX = "dlv"
REQUEST_ID_PREFIX = "req"
AUDIT_ENTRY_ID_PREFIX = "aud"
WORKER_ID_PREFIX = "wrk"

#: A mark of 14 bits after the variant's two, in the ids of requests and of the jobs that requests create.
_UUID_BIT_MARK_OF_REQUEST_IDS = 0x2A5C
#: The last bits of such an id: 0 for the request, and the number of each of its jobs.
_JOB_NUMBER_BITS = 16
MAX_JOB_IDS_DERIVED_FROM_REQUEST = (1 << _JOB_NUMBER_BITS) - 1

#: The UUID class itself accepts more forms, such as braces.
_CANONICAL_UUID_PATTERN = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

OrganizationId = Annotated[str, Meta(description="Id of the organization, `org_...`.")]
ProjectId = Annotated[str, Meta(description="Id of the project, `prj_...`.")]
JobId = Annotated[str, Meta(description="Id of the job, `job_...`.")]
ApiKeyId = Annotated[str, Meta(description="Id of the API key, `key_...`.")]
ContentId = Annotated[str, Meta(description="Id of the content, `cnt_...`.")]
AssetId = Annotated[str, Meta(description="Id of the file, `ast_...`.")]
TemplateId = Annotated[str, Meta(description="Id of the template, `tpl_...`.")]
SocialAccountId = Annotated[str, Meta(description="Id of the social account, `sa_...`.")]
PostId = Annotated[str, Meta(description="Id of the post, `sp_...`.")]
LeaseRequestId = Annotated[str, Meta(description="Id of the lease request, `lreq_...`.")]
SdkAppId = Annotated[str, Meta(description="Id of the SDK app, `app_...`.")]
InfluencerId = Annotated[str, Meta(description="Id of the influencer, `inf_...`.")]
ClaimId = Annotated[str, Meta(description="Id of the approved claim, `clm_...`.")]
WebhookEndpointId = Annotated[str, Meta(description="Id of the webhook endpoint, `we_...`.")]
WebhookEventId = Annotated[str, Meta(description="Id of the webhook event, `evt_...`.")]
WebhookDeliveryId = Annotated[str, Meta(description="Id of the delivery, `dlv_...`.")]
AuditEntryId = Annotated[str, Meta(description="Id of the entry, `aud_...`.")]
WorkerId = Annotated[str, Meta(description="Id of the worker, `wrk_...`.")]


def new_uuid7() -> UUID:
    """Return a new UUIDv7: 48 bits of Unix milliseconds, 12 of the fraction (RFC 9562 6.2, method 3), 62 random.

    Ids of one process sort in the order of their creation, but for those of the same 0.25 us and of a clock set back.
    """
    return UUID(int=_new_uuid7_bits())


def new_prefixed_id(prefix: str) -> str:
    """Return a new id in its API form, at a third of the cost of `new_uuid7` and `format_prefixed_id`."""
    return format_prefixed_id_bits(prefix, _new_uuid7_bits())


def format_prefixed_id_bits(prefix: str, bits: int) -> str:
    """Return the API form of an id from its prefix and its UUID as an integer of 128 bits."""
    digits = f"{bits:032x}"
    return f"{prefix}_{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def new_request_id_bits() -> int:
    """Return the bits of a new id of a request: a UUIDv7 with 32 random bits.

    It ends in zeros, which become numbers in the ids of the request's jobs. So a job's id contains its request's
    id, and the job's row needs no column for it.
    """
    return _uuid7_time_bits() | _UUID_BIT_MARK_OF_REQUEST_IDS << 48 | int.from_bytes(os.urandom(4)) << _JOB_NUMBER_BITS


def build_job_id_of_request(request: int, number: int) -> UUID:
    """Return the id of a request's job: the request's id, ending in the job's number, from 1 on."""
    return UUID(int=request | number)


def request_id_of_job(job: UUID) -> UUID | None:
    """Return the id of the request that created a job, from the job's id; None without one, or for older releases."""
    if job.int >> 48 & 0x3FFF != _UUID_BIT_MARK_OF_REQUEST_IDS:
        return None
    return UUID(int=job.int >> _JOB_NUMBER_BITS << _JOB_NUMBER_BITS)


def _new_uuid7_bits() -> int:
    chance = int.from_bytes(os.urandom(8)) >> 2
    # Must not carry the mark of a request's id.
    return _uuid7_time_bits() | (chance ^ 1 << 48 if chance >> 48 == _UUID_BIT_MARK_OF_REQUEST_IDS else chance)


def _uuid7_time_bits() -> int:
    """Return the bits of a UUIDv7 for the current time: version, variant and time, without random bits."""
    milliseconds, remainder = divmod(time.time_ns(), 1_000_000)
    fraction = (remainder << 12) // 1_000_000
    return milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0x2 << 62


def first_uuid7_at(moment: datetime) -> UUID:
    """Return the smallest UUIDv7 of a time, for range queries: all ids of earlier times sort before it."""
    return UUID(int=max(0, int(moment.timestamp() * 1000)) << 80)


def uuid7_created_at(value: UUID) -> datetime:
    """Return the time at which a UUIDv7 was created, to the millisecond."""
    return datetime.fromtimestamp((value.int >> 80) / 1000, UTC)


def format_prefixed_id(prefix: str, value: UUID) -> str:
    """Return the API form of an id from its kind's prefix and its UUID, such as `prj_019...`."""
    return f"{prefix}_{value}"


def format_asset_id_or_none(value: UUID | str | None) -> str | None:
    """Return the API form of a file's id, from its UUID or the UUID's text."""
    return None if value is None else format_prefixed_id(ASSET_ID_PREFIX, UUID(str(value)))


def parse_prefixed_id(prefix: str, text: str) -> UUID | None:
    """Return the UUID of an id with its kind's prefix or without any; None for another prefix or any other text."""
    head, separator, tail = text.rpartition("_")
    is_id = _CANONICAL_UUID_PATTERN.fullmatch(tail) and not (separator and head != prefix)
    return UUID(tail) if is_id else None
