"""API keys, who calls with them, and what was done with them."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from schemas import ids
from schemas.base import CreatedAt, In, Instant, Out, Real, Text

Env = Literal["live", "test"]
Tier = Literal["standard", "pilot", "partner", "sandbox"]

Scope = Literal[
    "*", "projects:read", "projects:write", "ingest:write", "jobs:read", "jobs:cancel",
    "content:read", "content:write", "content:approve", "publish:read", "publish:write",
    "social:read", "social:write", "leased:write", "influencers:read", "influencers:write",
    "metrics:read", "metrics:write", "events:read", "events:read+pii", "events:write", "webhooks:read",
    "webhooks:write", "keys:write", "audit:read", "ops:read", "ops:write",
]  # fmt: skip

Origin = Annotated[
    str,
    Meta(
        pattern=r"^(https://[a-z0-9.-]{1,253}|http://(localhost|127\.0\.0\.1))(:[0-9]{1,5})?$",
        description="Scheme, host and port in lower case; plain http only for this machine.",
        examples=["https://app.example.com"],
    ),
]
Scopes = Annotated[list[Scope], Meta(min_length=1, max_length=50, examples=[["projects:read", "jobs:read"]])]


class ApiKeyCreate(In, frozen=True, kw_only=True):
    """A key to make."""

    name: Annotated[Text, Meta(min_length=1, max_length=128, examples=["CI of the booking team"])]
    """What it is for, in your words."""
    scopes: Scopes
    """What it may do: at most what the key that asks may. `*` is all but `ops:*`."""
    return_origins: Annotated[list[Origin], Meta(max_length=20)] = msgspec.field(default_factory=list)
    """Where people may be sent back to after they let us into an account: at most where your key may."""
    expires_at: Instant | None = None
    """From then on it opens nothing: no later than your key, whose end it has unless given."""


class ApiKeyRotate(In, frozen=True, kw_only=True):
    """How a new secret takes over."""

    overlap_hours: Annotated[int, Meta(ge=0, le=24)] = 0
    """So long the old secret works beside the new one; 0 ends it at once."""


class ApiKey(Real, frozen=True, kw_only=True):
    """A key without its secret."""

    id: ids.KeyId
    key_id: str
    """The public part of the key's text."""
    name: str
    """What it is for."""
    env: Env
    """`test` keys touch nothing outside."""
    scopes: list[Scope]
    """What it may do."""
    return_origins: list[str]
    """Where people may be sent back to."""
    expires_at: Instant | None
    """From then on it opens nothing; null: never."""
    kill_switch: bool
    """Whether it was switched off for good."""
    killed_at: Instant | None
    """When it was switched off, or null."""
    overlap_until: Instant | None
    """Until then the secret before the last rotation works too, or null."""
    created_at: CreatedAt


class ApiKeyShown(ApiKey, frozen=True, kw_only=True):
    """The one answer that carries a key with its secret."""

    api_key: str
    """The whole key with its secret. No later answer has it."""


class Storage(Out, frozen=True, kw_only=True):
    """Bytes of media that an organization and its sandbox keep together."""

    used_bytes: int
    """Those that are kept, and those that uploads under way may come to."""
    limit_bytes: int
    """How many may be: beyond it an upload is a 413 with `details.limit` `storage`."""


class Whoami(Out, frozen=True, kw_only=True):
    """Whose key this is."""

    organization_id: ids.OrganizationId
    organization_name: str
    """What the organization is called."""
    sandbox: bool
    """Whether nothing outside is touched."""
    api_key_id: ids.KeyId
    key_id: str
    """The public part of the key's text."""
    env: Env
    """`test` for a key of the sandbox."""
    scopes: list[Scope]
    """What the key may do."""
    tier: Tier
    """Which limits the organization has."""
    storage: Storage
    """How much media it keeps, and how much it may."""


class Rewrapped(Out, frozen=True, kw_only=True):
    """Numbers of sealed rows, by table, that are sealed with `keyId` now and weren't before."""

    key_id: str
    rows: dict[str, int]
    total: int


class AuditEntry(Real, frozen=True, kw_only=True):
    """One thing that was done."""

    id: ids.AuditId
    action: str
    """What was done."""
    subject: str
    """Id or name of what it was done to."""
    project_id: ids.ProjectId | None
    """Id of the project that it was done in; null: it concerns the whole organization."""
    api_key_id: ids.KeyId | None
    """Id of the key that did it; null: somebody on the machine itself."""
    details: dict[str, Any]
    """More, as the action has it."""
    created_at: CreatedAt
