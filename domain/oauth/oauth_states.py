"""OAuth states: each goes with a person through another site's pages and comes back once.

256 random bits, of which only the hash is stored (RFC 6749 10.12); whoever brings one back acts for the key
that made it, for one purpose and until it expires. A bound one is brought back by the browser that followed
our link, or ends its flow. Its PKCE verifier (RFC 7636) lies sealed beside it until it is used.
"""

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import oauth_state
from domain.security import vault
from domain.security.keyring import Keyring
from jobs.ledger import Moved
from schemas.errors import Invalid

_FORM = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)

#: The detail of each flow that says whether it is bound to a browser.
_BOUND = "bound"

Status = Literal["pending", "completed", "requested", "failed"]


class Flow(NamedTuple):
    """A state that was brought back: whose it is, what it is about and where its person goes next."""

    organization_id: UUID
    state_hash: bytes
    api_key_id: UUID
    project_id: UUID | None
    return_url: str
    details: Mapping[str, Any]


class UsedState(NamedTuple):
    """A state that was used up: its flow, and its verifier, sealed, where it has one."""

    organization_id: UUID
    state_hash: bytes
    api_key_id: UUID
    project_id: UUID | None
    return_url: str
    details: Mapping[str, Any]
    sealed: bytes | None
    vault_key_id: str | None


class StateRow(NamedTuple):
    """A state as its maker sees it; `outcome` None: nothing has come of it yet."""

    outcome: Literal["completed", "requested", "failed", "canceled"] | None
    error_code: str | None
    used_at: datetime | None
    expires_at: datetime
    result: Mapping[str, Any] | None


FIND_STATE = oauth_state.find_state.typed(Flow)
USE_STATE = oauth_state.use_state.typed(UsedState)
GET_STATE = oauth_state.get_state.typed(StateRow)


class FlowStatus(NamedTuple):
    """The status of a flow, for its maker; `error` is a code, `result` its job's."""

    status: Status
    error: str | None
    result: Mapping[str, Any] | None


async def make(
    conn: Conn,
    *,
    organization_id: UUID,
    api_key_id: UUID,
    purpose: str,
    return_url: str,
    now: datetime,
    lifetime: timedelta,
    bound: bool,
    project_id: UUID | None = None,
    details: Mapping[str, Any] | None = None,
    verifier: tuple[str, Keyring] | None = None,
) -> tuple[str, datetime]:
    """A new state, and when it expires; `verifier` is sealed with the keyring that comes with it.

    One that isn't `bound` has no link of ours: a sandbox's leads straight back.
    """
    state, expires_at = secrets.token_urlsafe(32), now + lifetime
    state_hash = _hash(state)
    sealed = verifier and vault.seal(verifier[1], verifier[0].encode(), row=row_name(state_hash))
    await oauth_state.insert_state.run(
        conn,
        org=organization_id,
        state_hash=state_hash,
        api_key_id=api_key_id,
        purpose=purpose,
        project_id=project_id,
        return_url=return_url,
        details={**(details or {}), _BOUND: bound},
        sealed=sealed and sealed.data,
        vault_key_id=sealed and sealed.key_id,
        expires_at=expires_at,
    )
    return state, expires_at


async def find(conn: Conn, *, state: str, purpose: str, now: datetime) -> Flow:
    """A state that `use` would take, left as it is: its link is followed. Raises `Invalid`."""
    flow = _FORM.fullmatch(state) and await FIND_STATE.one(
        conn, state_hash=_hash(state), purpose=purpose, now=now
    )
    if not flow or flow.details.get(_BOUND) is False:
        raise _unusable()
    return flow


async def use(
    conn: Conn, *, state: str, purpose: str, now: datetime, keyring: Keyring
) -> tuple[Flow, str | None]:
    """Use a state up, in the transaction of what it is used for; its verifier goes with it.

    Raises `Invalid`.
    """
    used = _FORM.fullmatch(state) and await USE_STATE.one(
        conn, state_hash=_hash(state), purpose=purpose, now=now
    )
    if not used:
        raise _unusable()
    return Flow(*used[:6]), _verifier(used, keyring)


def browser_failure(flow: Flow, *, same_browser: bool) -> str | None:
    """The error of a flow that comes back by another browser than the one that followed our link.

    Its person may have been led to the other site by whoever did (RFC 6749 10.12). Flows of a release before
    don't say whether they are bound.
    """
    return "OTHER_BROWSER" if flow.details.get(_BOUND) and not same_browser else None


async def end(conn: Conn, flow: Flow, *, outcome: str, error: str | None = None) -> None:
    """End a flow that came back with nothing for a job: `failed`, or `requested` from somebody else."""
    await oauth_state.end_state.run(
        conn, org=flow.organization_id, state_hash=flow.state_hash, outcome=outcome, error_code=error
    )


async def give_to_job(conn: Conn, flow: Flow, *, job_id: UUID) -> None:
    """Let the end of this job be the flow's."""
    await oauth_state.give_to_job.run(
        conn, org=flow.organization_id, state_hash=flow.state_hash, job_id=job_id
    )


async def outcome(conn: Conn, flow: Flow) -> str | None:
    """None while its job runs."""
    found: str | None = await oauth_state.get_outcome.value(
        conn, org=flow.organization_id, state_hash=flow.state_hash
    )
    return found


async def status(
    conn: Conn, *, organization_id: UUID, api_key_id: UUID, state: str, purpose: str, now: datetime
) -> FlowStatus | None:
    """The status of a flow; None for a state that this key didn't make."""
    row = _FORM.fullmatch(state) and await GET_STATE.one(
        conn, org=organization_id, state_hash=_hash(state), api_key_id=api_key_id, purpose=purpose
    )
    if not row:
        return None
    if row.outcome is None:
        expired = row.used_at is None and row.expires_at <= now
        return FlowStatus("failed", "STATE_EXPIRED", None) if expired else FlowStatus("pending", None, None)
    if row.outcome == "canceled":
        return FlowStatus("failed", "CANCELED", None)
    return FlowStatus(row.outcome, row.error_code, row.result)


async def ended(conn: Conn, *, rows: Sequence[Moved]) -> None:
    """Give the states of these jobs, just ended in this transaction, their jobs' end."""
    await oauth_state.end_states.run(
        conn, orgs=[row.organization_id for row in rows], job_ids=[row.id for row in rows]
    )


def _unusable() -> Invalid:
    """One answer for unknown, expired, used and a killed key's."""
    return Invalid("state", "is unknown, expired or used: go back to where you came from and start again")


def _verifier(used: UsedState, keyring: Keyring) -> str | None:
    if used.sealed is None or used.vault_key_id is None:
        return None
    sealed = vault.Sealed(used.vault_key_id, used.sealed)
    return vault.unseal(keyring, sealed, row=row_name(used.state_hash)).decode()


def _hash(state: str) -> bytes:
    return hashlib.sha256(state.encode()).digest()


def row_name(state_hash: bytes) -> str:
    """The name that binds a sealed verifier to its row."""
    return f"oauth_state/{state_hash.hex()}"
