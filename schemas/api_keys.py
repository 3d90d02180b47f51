"""API keys, their callers, and the audit log of actions."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from schemas import ids
from schemas.base import CreatedAt, NulFreeText, RealClockResponseStruct, RequestStruct, ResponseStruct, UtcInstant

ApiKeyEnv = Literal["live", "test"]
OrganizationTier = Literal["standard", "pilot", "partner", "sandbox"]

ApiKeyScope = Literal[
    "*", "projects:read", "projects:write", "ingest:write", "jobs:read", "jobs:cancel",
    "content:read", "content:write", "content:approve", "publish:read", "publish:write",
    "social:read", "social:write", "leased:write", "influencers:read", "influencers:write",
    "metrics:read", "metrics:write", "events:read", "events:read+pii", "events:write", "webhooks:read",
    "webhooks:write", "keys:write", "audit:read", "ops:read", "ops:write",
]  # fmt: skip

ReturnOrigin = Annotated[
    str,
    Meta(
        pattern=r"^(https://[a-z0-9.-]{1,253}|http://(localhost|127\.0\.0\.1))(:[0-9]{1,5})?$",
        description="Scheme, host and port in lower case; plain http only for localhost.",
        examples=["https://app.example.com"],
    ),
]
ApiKeyScopes = Annotated[
    list[ApiKeyScope], Meta(min_length=1, max_length=50, examples=[["projects:read", "jobs:read"]])
]


class ApiKeyCreate(RequestStruct, frozen=True, kw_only=True):
    """A key to create."""

    name: Annotated[NulFreeText, Meta(min_length=1, max_length=128, examples=["CI of the booking team"])]
    """Your name of the key's purpose."""
    scopes: ApiKeyScopes
    """The rights of the key: at most those of your key. `*` is all but `ops:*`."""
    return_origins: Annotated[list[ReturnOrigin], Meta(max_length=20)] = msgspec.field(default_factory=list)
    """Allowed origins of `returnUrl` after a consent: at most those of your key."""
    expires_at: UtcInstant | None = None
    """The expiry: at most that of your key, which is also the default."""


class ApiKeyRotate(RequestStruct, frozen=True, kw_only=True):
    """The transition to a new secret."""

    overlap_hours: Annotated[int, Meta(ge=0, le=24)] = 0
    """Hours for which the old secret stays valid; 0 ends it at once."""


class ApiKey(RealClockResponseStruct, frozen=True, kw_only=True):
    """A key without its secret."""

    id: ids.ApiKeyId
    key_id: str
    """The public part of the key's text."""
    name: str
    """The key's purpose."""
    env: ApiKeyEnv
    """`test` keys never reach external services."""
    scopes: list[ApiKeyScope]
    """The rights of the key."""
    return_origins: list[str]
    """Allowed origins of `returnUrl`."""
    expires_at: UtcInstant | None
    """The expiry; null: never."""
    kill_switch: bool
    """Whether it was switched off for good."""
    killed_at: UtcInstant | None
    """When it was switched off, or null."""
    overlap_until: UtcInstant | None
    """Until then the secret before the last rotation is valid, too; or null."""
    created_at: CreatedAt


class ApiKeyShown(ApiKey, frozen=True, kw_only=True):
    """The only answer with the key's secret."""

    api_key: str
    """The whole key with its secret. No later answer has it."""


class Storage(ResponseStruct, frozen=True, kw_only=True):
    """Bytes of media of an organization and its sandbox together."""

    used_bytes: int
    """Stored bytes, plus the maximum of running uploads."""
    limit_bytes: int
    """The limit: beyond it an upload is a 413 with `details.limit` `storage`."""


class Whoami(ResponseStruct, frozen=True, kw_only=True):
    """The caller's key and organization."""

    organization_id: ids.OrganizationId
    organization_name: str
    """The organization's name."""
    sandbox: bool
    """Whether external services are simulated."""
    api_key_id: ids.ApiKeyId
    key_id: str
    """The public part of the key's text."""
    env: ApiKeyEnv
    """`test` for a key of the sandbox."""
    scopes: list[ApiKeyScope]
    """The rights of the key."""
    tier: OrganizationTier
    """The tier that sets the organization's limits."""
    storage: Storage
    """Stored media, and its limit."""


class Rewrapped(ResponseStruct, frozen=True, kw_only=True):
    """Numbers of rows by table that were resealed with `keyId`."""

    key_id: str
    rows: dict[str, int]
    total: int


class AuditEntry(RealClockResponseStruct, frozen=True, kw_only=True):
    """One action."""

    id: ids.AuditEntryId
    action: str
    """The kind of action."""
    subject: str
    """Id or name of the object of the action."""
    project_id: ids.ProjectId | None
    """Id of the action's project; null: it concerns the whole organization."""
    api_key_id: ids.ApiKeyId | None
    """Id of the key that acted; null: an operator on the server."""
    details: dict[str, Any]
    """Further details of the action."""
    created_at: CreatedAt
