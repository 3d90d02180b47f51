"""Idempotency records: what an Idempotency-Key was used for, and what it was answered."""

from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import idempotency_key
from domain.security import vault
from domain.security.keyring import Keyring
from schemas.errors import InFlight, KeyReused


class KeyUse(NamedTuple):
    """A key as one request uses it; `fingerprint` is the same for the same request.

    `older` are what an earlier writer of `PEPPERS` would have made of this request. A row of a pepper that
    has left the keyring is another request's: it is refused, and nothing is done twice.
    """

    org: UUID
    api_key_id: UUID
    key: str
    fingerprint: bytes
    older: tuple[bytes, ...] = ()


class StoredAnswer(NamedTuple):
    """An answer as it was given: a status of 2xx, JSON."""

    status: int
    location: str | None
    body: bytes
    etag: str | None


class Record(NamedTuple):
    """The whole row; its fields are the parameters of every statement that writes one."""

    org: UUID
    api_key_id: UUID
    key: str
    fingerprint: bytes
    status: int
    location: str | None
    body: bytes
    vault_key_id: str | None
    etag: str | None


def fill(claim: KeyUse, answer: StoredAnswer, *, seal_with: Keyring | None) -> Record:
    """The row for an answer; one that holds a secret is sealed."""
    if seal_with is None:
        return Record(*claim[:4], answer.status, answer.location, answer.body, None, answer.etag)
    sealed = vault.seal(seal_with, answer.body, row=row_name(claim.org, claim.api_key_id, claim.key))
    return Record(*claim[:4], answer.status, answer.location, sealed.data, sealed.key_id, answer.etag)


async def claim(conn: Conn, claim: KeyUse) -> bool | None:
    """True if this transaction has the key; False if it was used within 24 h, None while it is in use."""
    free: bool | None = await idempotency_key.claim_key.value(
        conn, org=claim.org, api_key_id=claim.api_key_id, key=claim.key, fingerprint=claim.fingerprint
    )
    return free


async def store(conn: Conn, record: Record) -> None:
    """Complete the claim of this transaction."""
    await idempotency_key.store_answer.run(conn, **record._asdict())


async def replay(conn: Conn, claim: KeyUse, *, keyring: Keyring) -> StoredAnswer:
    """The answer that the key was given. Raises `KeyReused` if it was for another request."""
    found = await idempotency_key.find_answer.one(
        conn, org=claim.org, api_key_id=claim.api_key_id, key=claim.key
    )
    if found is None:
        raise InFlight  # it went between two statements: whoever repeats finds the key free
    if found["fingerprint"] not in (claim.fingerprint, *claim.older):
        raise KeyReused("this Idempotency-Key was used for another request: use a new one for each")
    answer = StoredAnswer(found["status"], found["location"], found["body"], found["etag"])
    if found["vault_key_id"] is None:
        return answer
    sealed = vault.Sealed(found["vault_key_id"], found["body"])
    row = row_name(claim.org, claim.api_key_id, claim.key)
    return answer._replace(body=vault.unseal(keyring, sealed, row=row))


def row_name(organization_id: UUID, api_key_id: UUID, key: str) -> str:
    """The name that binds a sealed body to its row."""
    return f"idempotency_key/{organization_id}/{api_key_id}/{key}"
