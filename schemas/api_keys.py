"""API keys, who calls with them, and what was done with them."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from schemas.base import In, Instant, Out, Text

Env = Literal["live", "test"]
Tier = Literal["standard", "pilot", "partner", "sandbox"]

Scope = Literal[
    "*", "projects:read", "projects:write", "ingest:write", "jobs:read", "jobs:cancel",
    "content:read", "content:write", "content:approve", "publish:read", "publish:write",
    "social:read", "social:write", "leased:write", "influencers:read", "influencers:write",
    "metrics:read", "events:read", "events:read+pii", "webhooks:read", "webhooks:write",
    "keys:write", "audit:read", "ops:read", "ops:write",
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
    """`scopes` are at most those of the key that asks; `*` is every one but `ops:*`."""

    name: Annotated[Text, Meta(min_length=1, max_length=128, examples=["CI of the booking team"])]
    scopes: Scopes
    return_origins: Annotated[list[Origin], Meta(max_length=20)] = msgspec.field(default_factory=list)
    expires_at: Instant | None = None


class ApiKeyRotate(In, frozen=True, kw_only=True):
    """For `overlapHours` the old secret works beside the new one; 0 ends it at once."""

    overlap_hours: Annotated[int, Meta(ge=0, le=24)] = 0


class ApiKey(Out, frozen=True, kw_only=True):
    """A key without its secret; `keyId` is the public part of its text."""

    id: str
    key_id: str
    name: str
    env: Env
    scopes: list[Scope]
    return_origins: list[str]
    expires_at: Instant | None
    kill_switch: bool
    killed_at: Instant | None
    overlap_until: Instant | None
    created_at: Instant


class ApiKeyShown(ApiKey, frozen=True, kw_only=True):
    """The one answer that carries `apiKey`, the whole key with its secret."""

    api_key: str


class Whoami(Out, frozen=True, kw_only=True):
    """Whose key this is; `sandbox` says that nothing outside is touched."""

    organization_id: str
    organization_name: str
    sandbox: bool
    api_key_id: str
    key_id: str
    env: Env
    scopes: list[Scope]
    tier: Tier


class Rewrapped(Out, frozen=True, kw_only=True):
    """Numbers of sealed rows, by table, that are sealed with `keyId` now and weren't before."""

    key_id: str
    rows: dict[str, int]
    total: int


class AuditEntry(Out, frozen=True, kw_only=True):
    """What was done to `subject`; `apiKeyId` is null for whoever works on the machine itself."""

    id: str
    action: str
    subject: str
    api_key_id: str | None
    details: dict[str, Any]
    created_at: Instant
