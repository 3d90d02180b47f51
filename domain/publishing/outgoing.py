"""OutgoingPost: a post with its files and its account, the input of an attempt."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import msgspec

from db.pool import Conn
from db.queries import account_send
from domain.accounts import credentials
from domain.accounts.credentials import SealedCredential
from domain.publishing import disclosure, quotas
from domain.publishing.disclosure import ContentOrigin
from domain.publishing.failures import POST_MAYBE_UNDER_WAY_ERROR
from domain.publishing.locked_post import LockedPost, name_secret_row_of_post
from domain.publishing.quotas import PostQuotaParameters
from domain.security import vault
from domain.security.keyring import Keyring
from domain.values.answers import build_api_answer_from_row
from jobs.ledger import JobClaim
from schemas.content import ContentFormat, ContentMadeBy, CreativeType
from schemas.posts import AiLabel


class OutgoingPostFile(msgspec.Struct, frozen=True, kw_only=True):
    """File of the post; `token` is its key in the storage."""

    id: UUID
    kind: str
    mime_type: str
    size_bytes: int
    width: int
    height: int
    duration_ms: int | None
    token: str


class PostingAccountWithAccessToken(msgspec.Struct, frozen=True, kw_only=True):
    """Account that posts, with its secret token; `traits` are findings of its connection."""

    platform: str
    service_url: str
    external_id: str
    handle: str
    traits: dict[str, Any]
    access_token: str

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.platform}, {self.handle})"


class PostingAccountRow(Protocol):
    """Columns of the account that a post, or a poll for a post, uses."""

    @property
    def platform(self) -> str: ...
    @property
    def service_url(self) -> str: ...
    @property
    def external_id(self) -> str: ...
    @property
    def account_handle(self) -> str: ...
    @property
    def traits(self) -> dict[str, Any]: ...


class OutgoingPost(msgspec.Struct, frozen=True, kw_only=True):
    """Post to send, and its progress so far.

    `moment` is the post's own time, the same in each attempt; `now` is the database's time; `generation` is
    the token's, and `token_ends` its expiry if it has one. `handle`, `request` and `secret` are prepared,
    fully or in part, from the content's `content_revision`; `revision` is the current one. `sent_at` is the
    time of the latest irreversible call. `in_flight`: the last attempt looked the post up, and it may still
    be under way. `quota` is the account's.
    """

    post_id: UUID
    account: PostingAccountWithAccessToken
    generation: int
    token_ends: datetime | None
    sandbox: bool
    caption: str
    language: str
    mode: str
    privacy_level: str | None
    ai_label: AiLabel
    moment: datetime
    files: Sequence[OutgoingPostFile]
    revision: int
    phase: str | None
    handle: dict[str, Any] | None
    request: bytes | None
    secret: bytes | None
    content_revision: int | None
    sent_at: datetime | None
    in_flight: bool
    quota: PostQuotaParameters
    now: datetime

    def __repr__(self) -> str:
        return f"OutgoingPost({self.post_id}, {self.phase})"


class OutgoingPostRow(NamedTuple):
    """Row of `read_post` after the columns of `LockedPost`: credential, post, and one of its files, if it has any."""

    sealed: bytes
    vault_key_id: str
    generation: int
    expires_at: datetime | None
    caption: str
    revision: int
    language: str
    sandbox: bool
    format: ContentFormat
    creative_type: CreativeType
    made_by: ContentMadeBy | None
    ai_declared: bool
    id: UUID | None
    kind: str
    mime_type: str
    size_bytes: int
    width: int
    height: int
    duration_ms: int | None
    token: str


class OutgoingPostWithUnlockedRow(NamedTuple):
    """Claimed post, read without a lock: `post` as a step would lock it, and `outgoing`, the input of an attempt."""

    post: LockedPost
    outgoing: OutgoingPost


async def read_outgoing_post(conn: Conn, claim: JobClaim, keyring: Keyring) -> OutgoingPostWithUnlockedRow | None:
    """Return a claimed post as the input of an attempt to send it, without a lock: with files, account and token.

    Return None if the claim was fenced, or for a disconnected account.
    """
    org, post_id = claim.organization_id, UUID(claim.args["post_id"])
    rows = await account_send.read_post.all(conn, org=org, id=post_id, job_id=claim.id, fence=claim.fence)
    if not rows:
        return None
    columns = len(LockedPost._fields)
    post = LockedPost._make(rows[0][:columns])
    return OutgoingPostWithUnlockedRow(
        post, _build_outgoing_post(post, [OutgoingPostRow._make(row[columns:]) for row in rows], keyring)
    )


def _build_outgoing_post(post: LockedPost, rows: Sequence[OutgoingPostRow], keyring: Keyring) -> OutgoingPost:
    draft = rows[0]
    secret, row = post.sealed_platform_call_secret, name_secret_row_of_post(post.organization_id, post.id)
    origin = ContentOrigin(draft.creative_type, draft.made_by, draft.ai_declared)
    sealed_tokens = SealedCredential(draft.sealed, draft.vault_key_id, draft.generation, draft.expires_at)
    tokens = credentials.unseal_tokens(
        sealed_tokens, organization_id=post.owner_organization_id, account_id=post.owner_id, keyring=keyring
    )
    return OutgoingPost(
        post_id=post.id,
        account=build_account_with_token(post, tokens.access_token),
        generation=tokens.generation,
        token_ends=tokens.expires_at,
        sandbox=draft.sandbox,
        caption=draft.caption,
        language=draft.language,
        mode=post.mode,
        privacy_level=post.privacy_level,
        ai_label=disclosure.choose_ai_label(post.platform, post.mode, draft.format, origin),
        moment=post.scheduled_for,
        files=[build_api_answer_from_row(OutgoingPostFile, row, id=row.id) for row in rows if row.id],
        revision=draft.revision,
        phase=post.phase,
        handle=post.handle,
        request=post.request,
        secret=secret and vault.unseal_secret(keyring, secret, row=row),
        content_revision=post.content_revision,
        sent_at=post.sent_at,
        in_flight=post.has_last_error_with_code_of(POST_MAYBE_UNDER_WAY_ERROR),
        quota=quotas.build_post_quota_sql_parameters(post),
        now=post.now,
    )


def build_account_with_token(row: PostingAccountRow, access_token: str) -> PostingAccountWithAccessToken:
    """Return the account in a row together with its access token, for calls to its platform."""
    return PostingAccountWithAccessToken(
        platform=row.platform,
        service_url=row.service_url,
        external_id=row.external_id,
        handle=row.account_handle,
        traits=row.traits,
        access_token=access_token,
    )
