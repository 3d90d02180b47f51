"""Idempotency records: the request and the answer of each Idempotency-Key."""

from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import idempotency_key
from domain.security import vault
from domain.security.keyring import Keyring
from schemas.errors import IdempotencyKeyReused, IdempotentRequestInFlight


class IdempotencyKeyUse(NamedTuple):
    """Use of a key by one request; equal requests have equal `fingerprint`s.

    `older` are the request's fingerprints under older keys of `PEPPERS`. A row under a pepper that left the
    keyring matches no request: the request is refused, and nothing is done twice.
    """

    org: UUID
    api_key_id: UUID
    key: str
    fingerprint: bytes
    older: tuple[bytes, ...] = ()

    @property
    def sealing_row_name(self) -> str:
        """Return the name of this Idempotency-Key's row, to which its sealed answer is bound."""
        return vault.secret_binding_name("idempotency_key", self.org, self.api_key_id, self.key)


class StoredIdempotentAnswer(NamedTuple):
    """Answer as it was sent: a status of 2xx, JSON."""

    status: int
    location: str | None
    body: bytes
    etag: str | None


class IdempotencyRecord(NamedTuple):
    """Whole row of an idempotency key; its fields are the parameters of every statement that writes one."""

    org: UUID
    api_key_id: UUID
    key: str
    fingerprint: bytes
    status: int
    location: str | None
    body: bytes
    vault_key_id: str | None
    etag: str | None


#: Row of a request without a key, in statements for many requests.
NO_IDEMPOTENCY_RECORD = IdempotencyRecord._make([None] * len(IdempotencyRecord._fields))


def build_idempotency_record(
    claim: IdempotencyKeyUse, answer: StoredIdempotentAnswer, *, seal_with: Keyring | None
) -> IdempotencyRecord:
    """Return the idempotency record of an answer, not stored yet; `seal_with` seals an answer with a secret."""
    if seal_with is None:
        return IdempotencyRecord(*claim[:4], answer.status, answer.location, answer.body, None, answer.etag)
    sealed = vault.seal_secret(seal_with, answer.body, row=claim.sealing_row_name)
    return IdempotencyRecord(*claim[:4], answer.status, answer.location, sealed.data, sealed.key_id, answer.etag)


async def try_to_claim_idempotency_key(conn: Conn, claim: IdempotencyKeyUse) -> bool | None:
    """Claim an Idempotency-Key for this transaction, and return True if it has the key.

    Returns False if the key was used within 24 h, None while another transaction uses it.
    """
    free: bool | None = await idempotency_key.claim_key.value(
        conn, org=claim.org, api_key_id=claim.api_key_id, key=claim.key, fingerprint=claim.fingerprint
    )
    return free


async def store_idempotent_answer(conn: Conn, record: IdempotencyRecord) -> None:
    """Store the answer to the request under the Idempotency-Key that this transaction has claimed."""
    await idempotency_key.store_answer.run(conn, **record._asdict())


async def read_idempotent_answer(conn: Conn, claim: IdempotencyKeyUse, *, keyring: Keyring) -> StoredIdempotentAnswer:
    """Return the stored answer of an Idempotency-Key, unsealed.

    Raises `IdempotencyKeyReused` if the answer was for another request. Raises `IdempotentRequestInFlight` if the
    record was deleted meanwhile: a repeat finds the key free.
    """
    found = await idempotency_key.find_answer.one(conn, org=claim.org, api_key_id=claim.api_key_id, key=claim.key)
    if found is None:
        raise IdempotentRequestInFlight  # deleted between two statements: a repeat finds the key free
    if found["fingerprint"] not in (claim.fingerprint, *claim.older):
        raise IdempotencyKeyReused("this Idempotency-Key was used for another request: use a new one for each")
    answer = StoredIdempotentAnswer(found["status"], found["location"], found["body"], found["etag"])
    if found["vault_key_id"] is None:
        return answer
    sealed = vault.SealedSecret(found["vault_key_id"], found["body"])
    return answer._replace(body=vault.unseal_secret(keyring, sealed, row=claim.sealing_row_name))
