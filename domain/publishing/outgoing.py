"""What an attempt to send a post starts from: the post as it is to go out, its files, whose it is."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from db.pool import Conn
from db.queries import scheduled_post
from domain.accounts import credentials
from domain.accounts.credentials import SealedCredential, Tokens
from domain.publishing import sealed
from domain.publishing.failures import IN_FLIGHT, Held
from domain.security.keyring import Keyring


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the post; `token` is where it lies in the storage."""

    id: UUID
    kind: str
    mime_type: str
    size_bytes: int
    width: int
    height: int
    duration_ms: int | None
    token: str


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Whose post it is. `traits` are what connecting found out about the server; the token is a secret."""

    platform: str
    service_url: str
    external_id: str
    handle: str
    traits: dict[str, Any]
    access_token: str

    def __repr__(self) -> str:
        return f"Account({self.platform}, {self.handle})"


class OutgoingPost(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt starts from: the post as it is to go out, and how far it has come.

    `moment` is the post's own, the same in each attempt; `now` is the database's time; `generation` that of
    the token, and `token_ends` its end, if it has one. `handle`, `request` and `secret` are what was
    prepared, or a step on the way there, of the content's `content_revision`; `revision` is the one by now.
    `sent_at` is of the latest irreversible call; `in_flight`: the last attempt has looked for it, and found
    that it may be on its way yet.
    """

    post_id: UUID
    content_id: UUID
    account: Account
    generation: int
    token_ends: datetime | None
    sandbox: bool
    caption: str
    language: str
    mode: str
    privacy_level: str | None
    moment: datetime
    files: Sequence[File]
    revision: int
    phase: str | None
    handle: dict[str, Any] | None
    request: bytes | None
    secret: bytes | None
    content_revision: int | None
    sent_at: datetime | None
    in_flight: bool
    now: datetime

    def __repr__(self) -> str:
        return f"OutgoingPost({self.post_id}, {self.phase})"


async def read(conn: Conn, held: Held, keyring: Keyring) -> OutgoingPost:
    """In the step that begins the attempt. Raises LookupError for a disconnected account."""
    owner = {name: held.post[name] for name in ("owner_organization_id", "owner_id")}
    draft = await scheduled_post.get_draft.all(conn, **held.key, **owner)
    if not draft:
        raise LookupError(f"post {held.post_id} has no credential")
    tokens = credentials.opened(_credential(draft[0]), **held.owner, keyring=keyring)
    return OutgoingPost(
        post_id=held.post_id,
        account=opened(held.post, tokens, handle=held.post["account_handle"]),
        generation=tokens.generation,
        token_ends=tokens.expires_at,
        moment=held.post["scheduled_for"],
        in_flight=held.repeats(IN_FLIGHT),
        secret=sealed.reveal(
            keyring, held.post, organization_id=held.claim.organization_id, post_id=held.post_id
        ),
        files=[File(**{name: row[name] for name in _FILE}) for row in draft if row["id"]],
        **{name: draft[0][name] for name in _DRAFT},
        **{name: held.post[name] for name in _SAME},
    )


_FILE = File.__struct_fields__
_DRAFT = ("caption", "revision", "language", "sandbox")
#: What `OutgoingPost` and the post's row call by one name.
_SAME = (
    "content_id", "mode", "privacy_level", "phase", "handle", "request", "content_revision", "sent_at", "now",
)  # fmt: skip


def _credential(row: asyncpg.Record) -> SealedCredential:
    return SealedCredential(*(row[name] for name in SealedCredential._fields))


def opened(account: asyncpg.Record, tokens: Tokens, *, handle: str) -> Account:
    same = ("platform", "service_url", "external_id", "traits")
    return Account(access_token=tokens.access_token, handle=handle, **{name: account[name] for name in same})
