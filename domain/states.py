"""States: what goes with a person through another site's pages and comes back once.

256 random bits, of which only the hash is stored (RFC 6749 10.12); whoever brings one back acts for the key
that made it, for one purpose and until it expires.
"""

import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import oauth_state
from domain import vault
from domain.rings import Ring
from jobs.ledger import Claim, Moved
from schemas.errors import Invalid

_FORM = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


class Flow(NamedTuple):
    """A state that was just used: whose it is, and where its person goes next."""

    organization_id: UUID
    state_hash: bytes
    api_key_id: UUID
    return_url: str


class Secret(NamedTuple):
    """What the other site gave, and the key whose state brought it."""

    plain: str
    api_key_id: UUID


async def make(
    conn: Conn,
    *,
    organization_id: UUID,
    api_key_id: UUID,
    purpose: str,
    return_url: str,
    now: datetime,
    lifetime: timedelta,
) -> tuple[str, datetime]:
    """A new state, and when it expires."""
    state, expires_at = secrets.token_urlsafe(32), now + lifetime
    await oauth_state.insert_state.run(
        conn,
        org=organization_id,
        state_hash=_hash(state),
        api_key_id=api_key_id,
        purpose=purpose,
        return_url=return_url,
        expires_at=expires_at,
    )
    return state, expires_at


async def use(conn: Conn, *, state: str, purpose: str, now: datetime) -> Flow:
    """Use a state up, in the transaction of what it is used for. Raises `Invalid`: one answer for all."""
    row = _FORM.fullmatch(state) and await oauth_state.use_state.one(
        conn, state_hash=_hash(state), purpose=purpose, now=now
    )
    if not row:
        raise Invalid("state", "is unknown, expired or used: go back to where you came from and start again")
    return Flow(*row.values())


async def end(conn: Conn, flow: Flow, *, outcome: str) -> None:
    """Of a flow that came back with nothing for a job: `failed`, or `requested` from somebody else."""
    await oauth_state.end_state.run(
        conn, org=flow.organization_id, state_hash=flow.state_hash, outcome=outcome
    )


async def keep(conn: Conn, flow: Flow, *, secret: str, ring: Ring, job_id: UUID) -> None:
    """Seal what the other site gave until this job has ended."""
    sealed = vault.seal(ring, secret.encode(), row=_row(flow.state_hash))
    await oauth_state.keep_secret.run(
        conn,
        org=flow.organization_id,
        state_hash=flow.state_hash,
        job_id=job_id,
        sealed=sealed.data,
        vault_key_id=sealed.key_id,
    )


async def reveal(conn: Conn, *, claim: Claim, ring: Ring) -> Secret:
    """What was kept for this job. Raises LookupError for a job without."""
    row = await oauth_state.find_secret.row(conn, org=claim.organization_id, job_id=claim.id)
    sealed = vault.Sealed(row["vault_key_id"], row["sealed"])
    return Secret(vault.unseal(ring, sealed, row=_row(row["state_hash"])).decode(), row["api_key_id"])


async def outcome(conn: Conn, flow: Flow) -> str | None:
    """None while its job runs."""
    found: str | None = await oauth_state.get_outcome.value(
        conn, org=flow.organization_id, state_hash=flow.state_hash
    )
    return found


async def ended(conn: Conn, *, rows: Sequence[Moved]) -> None:
    """Give the states of these jobs, just ended in this transaction, their jobs' end (I10)."""
    await oauth_state.end_states.run(
        conn, orgs=[row.organization_id for row in rows], job_ids=[row.id for row in rows]
    )


def _hash(state: str) -> bytes:
    return hashlib.sha256(state.encode()).digest()


def _row(state_hash: bytes) -> str:
    """What binds a sealed secret to its row."""
    return f"oauth_state/{state_hash.hex()}"
