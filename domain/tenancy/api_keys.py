"""API keys: `lp_<env>_<key id>_<secret>`; only an HMAC of the secret is stored."""

import secrets
import string
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, get_args
from uuid import UUID

import msgspec

from db.pool import Conn
from db.queries import api_key
from domain.security.keyring import Keyring
from domain.tenancy import audit, delegation, key_secrets
from domain.tenancy.key_secrets import CurrentAndOldHashes
from domain.tenancy.key_text import ApiKeyParts
from domain.values.answers import build_api_answer_from_row
from schemas import ids
from schemas.api_keys import ApiKey, ApiKeyEnv, ApiKeyScope, ApiKeyShown, OrganizationTier
from schemas.errors import InvalidValue, StateConflict
from schemas.errors.absent import require_found

_KEY_ID_ALPHABET = string.ascii_lowercase + string.digits

MAX_API_KEY_LIFETIME = timedelta(days=36_525)

#: Most keys of one organization that are neither killed nor expired.
MAX_VALID_API_KEYS = 100

#: Scopes that an operator on the machine itself may delegate: all, the operators' too.
ALL_API_KEY_SCOPES = frozenset(get_args(ApiKeyScope))


class Actor(NamedTuple):
    """Caller and its rights. `key_uuid` is None for an operator on the machine itself.

    That operator's rights never expire and include any `return_origins` (None).
    """

    organization_id: UUID
    env: ApiKeyEnv
    key_uuid: UUID | None
    scopes: Collection[str]
    return_origins: Collection[str] | None = None
    expires_at: datetime | None = None

    def find_excess_origin_or_expiry(self, origins: Collection[str], end: datetime | None) -> tuple[str, str] | None:
        """Return the field and the fault of a new key with a longer life or other origins than this key's.

        Returns None for a key within these limits.
        """
        if self.return_origins is not None and (more := [each for each in origins if each not in self.return_origins]):
            return "returnOrigins", f"{more[0]} is none of your key's"
        if self.expires_at is not None and (end is None or end > self.expires_at):
            return "expiresAt", "is after your key's expiry"
        return None


class Principal(NamedTuple):
    """Authenticated key: its organization and its rights."""

    organization_id: UUID
    organization_name: str
    key_uuid: UUID
    key_id: str
    env: ApiKeyEnv
    tier: OrganizationTier
    scopes: frozenset[ApiKeyScope]
    return_origins: tuple[str, ...]
    expires_at: datetime | None

    @property
    def sandbox(self) -> bool:
        """Return whether the key is a test key: then every platform adapter is a fake."""
        return self.env == "test"

    @property
    def actor(self) -> Actor:
        return Actor(self.organization_id, self.env, self.key_uuid, self.scopes, self.return_origins, self.expires_at)


class StoredApiKey(NamedTuple):
    """Row to check a presented key against; the database's clock decided its times."""

    organization_id: UUID
    organization_name: str
    id: UUID
    key_id: str
    env: ApiKeyEnv
    tier: OrganizationTier
    scopes: list[ApiKeyScope]
    return_origins: list[str]
    expires_at: datetime | None
    secret_hash: bytes
    pepper_id: str
    old_secret_hash: bytes | None
    old_pepper_id: str
    killed: bool
    expired: bool
    suspended: bool
    moving: bool

    @property
    def stored_hashes(self) -> CurrentAndOldHashes:
        return CurrentAndOldHashes(self.secret_hash, self.pepper_id, self.old_secret_hash, self.old_pepper_id)

    @property
    def principal(self) -> Principal:
        """Return the principal of this API key, with its rights; the caller has checked the key's secret."""
        rights = frozenset(self.scopes), tuple(self.return_origins), self.expires_at
        return Principal(*self[:6], *rights)


class _ApiKeyRow(NamedTuple):
    id: UUID
    key_id: str
    name: str
    scopes: list[ApiKeyScope]
    return_origins: list[str]
    expires_at: datetime | None
    killed_at: datetime | None
    overlap_until: datetime | None
    created_at: datetime


FIND_API_KEYS_BY_KEY_IDS = api_key.find_keys.typed(StoredApiKey)
INSERT_API_KEY = api_key.insert_key.typed(_ApiKeyRow)
GET_API_KEY = api_key.get_key.typed(_ApiKeyRow)
LIST_API_KEYS = api_key.list_keys.typed(_ApiKeyRow)
LOCK_API_KEY = api_key.lock_key.typed(_ApiKeyRow)
ROTATE_API_KEY = api_key.rotate_key.typed(_ApiKeyRow)
KILL_API_KEY = api_key.kill_key.typed(_ApiKeyRow)


async def find_api_keys_by_key_ids(conn: Conn, *, key_ids: Iterable[str]) -> dict[str, StoredApiKey]:
    """Return the stored API keys with these key ids, by key id; unknown ids are absent."""
    rows = await FIND_API_KEYS_BY_KEY_IDS.all(conn, key_ids=list(key_ids))
    return {row.key_id: row for row in rows}


def presented_key_matches(row: StoredApiKey | None, presented: ApiKeyParts, peppers: Keyring) -> bool:
    """Return whether a presented key has its row's environment and secret; False without a row.

    Compares in constant time with the current secret and, during a rotation, the old one. A killed, expired
    or suspended key isn't refused here.
    """
    same = key_secrets.secret_matches(presented.secret, peppers, row and row.stored_hashes)
    return row is not None and row.env == presented.env and same


async def insert_api_key(
    conn: Conn,
    *,
    peppers: Keyring,
    actor: Actor,
    name: str,
    scopes: Sequence[str],
    return_origins: list[str],
    expires_at: datetime | None,
    now: datetime,
) -> ApiKeyShown:
    """Create an API key with no more rights than its creator's; return it with its text, which is shown only here.

    Without an expiry it gets the creator's. Raises `ApiKeyScopeMissing` for a scope that the actor lacks. Raises
    `InvalidValue` for an origin that the actor lacks, or an expiry that is past, too far or later than the
    actor's. Raises `StateConflict` TOO_MANY_KEYS if the organization has `MAX_VALID_API_KEYS`, or ORGANIZATION_MOVED.
    """
    delegation.check_delegated_scopes(actor.scopes, scopes)
    expires_at = expires_at or actor.expires_at
    if fault := actor.find_excess_origin_or_expiry(return_origins, expires_at):
        raise InvalidValue(*fault)
    if expires_at is not None and not now < expires_at < now + MAX_API_KEY_LIFETIME:
        raise InvalidValue("expiresAt", "must be in the future, within 100 years: without one a key never expires")
    await _check_valid_api_key_count(conn, actor.organization_id)
    secret, hashed = key_secrets.make_key_secret(peppers)
    row = await INSERT_API_KEY.row(
        conn,
        org=actor.organization_id,
        id=ids.new_uuid7(),
        name=name,
        key_id="".join(secrets.choice(_KEY_ID_ALPHABET) for _ in range(16)),
        **hashed._asdict(),
        scopes=list(dict.fromkeys(scopes)),
        return_origins=return_origins,
        expires_at=expires_at,
    )
    return await _audit_and_show_api_key(conn, actor, "api_key.created", row, secret)


async def _check_valid_api_key_count(conn: Conn, organization_id: UUID) -> None:
    """Raise `StateConflict` TOO_MANY_KEYS at `MAX_VALID_API_KEYS` of an organization; lock its row until the commit.

    Raise `StateConflict` ORGANIZATION_MOVED if it moves or has moved.
    """
    if await api_key.lock_owner.value(conn, org=organization_id):
        raise StateConflict(
            "ORGANIZATION_MOVED", "the organization moves or has moved to another cell: wait, or create the key there"
        )
    if await api_key.count_live_keys.value(conn, org=organization_id) >= MAX_VALID_API_KEYS:
        raise StateConflict(
            "TOO_MANY_KEYS",
            f"the organization has {MAX_VALID_API_KEYS} live keys: kill an unused one",
            limit=MAX_VALID_API_KEYS,
        )


async def read_api_key_by_id(conn: Conn, *, organization_id: UUID, env: ApiKeyEnv, key_uuid: UUID) -> ApiKey:
    row = require_found(await GET_API_KEY.one(conn, org=organization_id, id=key_uuid), "api_key")
    return _api_key_to_schema(row, env)


async def list_api_key_page(
    conn: Conn, *, organization_id: UUID, env: ApiKeyEnv, before: UUID | None, limit: int
) -> list[ApiKey]:
    """Return at most `limit` API keys older than `before`, newest first, disabled ones included."""
    rows = await LIST_API_KEYS.all(conn, org=organization_id, before=before, limit=limit)
    return [_api_key_to_schema(row, env) for row in rows]


async def rotate_api_key_secret(
    conn: Conn, *, peppers: Keyring, actor: Actor, key_uuid: UUID, overlap: timedelta
) -> ApiKeyShown:
    """Replace the secret of an API key; return the key with its new text. The old secret works for `overlap`.

    The caller gets the key's rights, so it must have the right to create such a key: else `ApiKeyScopeMissing` or
    `StateConflict` KEY_STRONGER. Raises `ObjectNotFound`, `StateConflict` KEY_KILLED.
    """
    locked = await _lock_api_key_within_actor_rights(conn, actor, key_uuid)
    if locked.killed_at is not None:
        raise StateConflict("KEY_KILLED", "a killed key can't be rotated: create another one")
    secret, hashed = key_secrets.make_key_secret(peppers)
    org = actor.organization_id
    row = await ROTATE_API_KEY.row(conn, org=org, id=key_uuid, overlap=overlap, **hashed._asdict())
    return await _audit_and_show_api_key(conn, actor, "api_key.rotated", row, secret)


async def disable_api_key(conn: Conn, *, actor: Actor, key_uuid: UUID) -> ApiKey:
    """Disable an API key for good, from its next request on, and return it; a repeat changes nothing.

    The actor must have the right to create such a key. Raises `ObjectNotFound`, `ApiKeyScopeMissing`, `StateConflict`
    KEY_STRONGER.
    """
    await _lock_api_key_within_actor_rights(conn, actor, key_uuid)
    row = await KILL_API_KEY.row(conn, org=actor.organization_id, id=key_uuid)
    await _audit_api_key_change(conn, actor, "api_key.killed", row)
    return _api_key_to_schema(row, actor.env)


async def _lock_api_key_within_actor_rights(conn: Conn, actor: Actor, key_uuid: UUID) -> _ApiKeyRow:
    locked = require_found(await LOCK_API_KEY.one(conn, org=actor.organization_id, id=key_uuid), "api_key")
    delegation.check_delegated_scopes(actor.scopes, locked.scopes)
    if fault := actor.find_excess_origin_or_expiry(locked.return_origins, locked.expires_at):
        raise StateConflict("KEY_STRONGER", f"you could not have made this key: its {': '.join(fault)}")
    return locked


async def _audit_and_show_api_key(conn: Conn, actor: Actor, action: str, row: _ApiKeyRow, secret: str) -> ApiKeyShown:
    await _audit_api_key_change(conn, actor, action, row)
    text = f"lp_{actor.env}_{row.key_id}_{secret}"
    return ApiKeyShown(**msgspec.structs.asdict(_api_key_to_schema(row, actor.env)), api_key=text)


async def _audit_api_key_change(conn: Conn, actor: Actor, action: str, row: _ApiKeyRow) -> None:
    await audit.write_audit_entry(
        conn,
        organization_id=actor.organization_id,
        api_key_id=actor.key_uuid,
        action=action,
        subject=ids.format_prefixed_id(ids.API_KEY_ID_PREFIX, row.id),
        details={"name": row.name, "keyId": row.key_id},
    )


def _api_key_to_schema(row: _ApiKeyRow, env: ApiKeyEnv) -> ApiKey:
    return build_api_answer_from_row(
        ApiKey,
        row,
        id=ids.format_prefixed_id(ids.API_KEY_ID_PREFIX, row.id),
        env=env,
        kill_switch=row.killed_at is not None,
    )
