"""OAuth states: each goes with a person through another site's pages and returns once.

A state is 256 random bits, of which only the hash is stored (RFC 6749 10.12). Its bearer acts for the key
that created it, for one purpose and until it expires. A bound state must return by the browser that followed
our link, or the flow fails. Its PKCE verifier (RFC 7636) is sealed in its row until it is used.
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
from jobs.ledger import ChangedJob
from schemas.errors import InvalidValue

_OAUTH_STATE_PATTERN = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)

#: Detail of a flow: whether it is bound to a browser.
_OAUTH_DETAIL_KEY_OF_BROWSER_BINDING = "bound"

OAuthFlowPhase = Literal["pending", "completed", "requested", "failed"]


class StoredOAuthFlow(NamedTuple):
    """State of a flow: its API key, its purpose's details, the person's return URL, and its sealed verifier."""

    organization_id: UUID
    state_hash: bytes
    api_key_id: UUID
    project_id: UUID | None
    return_url: str
    details: Mapping[str, Any]
    sealed: bytes | None
    vault_key_id: str | None


class OAuthFlowOutcomeRow(NamedTuple):
    """State for its creator; `outcome` is None until the flow ends."""

    outcome: Literal["completed", "requested", "failed", "canceled"] | None
    error_code: str | None
    used_at: datetime | None
    expires_at: datetime
    result: Mapping[str, Any] | None


FIND_OAUTH_FLOW = oauth_state.find_state.typed(StoredOAuthFlow)
USE_UP_OAUTH_STATE = oauth_state.use_state.typed(StoredOAuthFlow)
GET_OAUTH_STATE = oauth_state.get_state.typed(OAuthFlowOutcomeRow)


class OAuthFlowProgressAndResult(NamedTuple):
    """Status of a flow for its creator; `error` is a code, `result` its job's."""

    status: OAuthFlowPhase
    error: str | None
    result: Mapping[str, Any] | None


async def create_oauth_state(
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
    """Create an OAuth state, store its hash and return it with its expiry; `verifier` is sealed with its keyring.

    `bound`: the browser that follows our link must bring it back. A sandbox's isn't: its link leads to the callback.
    """
    state, expires_at = secrets.token_urlsafe(32), now + lifetime
    state_hash = _hash_oauth_state(state)
    row = vault.secret_binding_name("oauth_state", state_hash)
    sealed = verifier and vault.seal_secret(verifier[1], verifier[0].encode(), row=row)
    await oauth_state.insert_state.run(
        conn,
        org=organization_id,
        state_hash=state_hash,
        api_key_id=api_key_id,
        purpose=purpose,
        project_id=project_id,
        return_url=return_url,
        details={**(details or {}), _OAUTH_DETAIL_KEY_OF_BROWSER_BINDING: bound},
        sealed=sealed and sealed.data,
        vault_key_id=sealed and sealed.key_id,
        expires_at=expires_at,
    )
    return state, expires_at


async def find_oauth_flow(conn: Conn, *, state: str, purpose: str, now: datetime) -> StoredOAuthFlow:
    """Return the OAuth flow, without its verifier, of a valid state when a person opens our link; it stays unused.

    Raises `InvalidValue` for a state that is unknown, expired, used, not bound to a browser, or of a disabled key.
    """
    flow = _OAUTH_STATE_PATTERN.fullmatch(state) and await FIND_OAUTH_FLOW.one(
        conn, state_hash=_hash_oauth_state(state), purpose=purpose, now=now
    )
    if not flow or flow.details.get(_OAUTH_DETAIL_KEY_OF_BROWSER_BINDING) is False:
        raise _unusable_oauth_state_error()
    return flow


async def use_up_oauth_state(
    conn: Conn, *, state: str, purpose: str, now: datetime, keyring: Keyring
) -> tuple[StoredOAuthFlow, str | None]:
    """Use up an OAuth state in the caller's transaction; return its flow, and its PKCE verifier or None.

    Raises `InvalidValue` for an unknown, expired or used state, and for one of a disabled key.
    """
    used = _OAUTH_STATE_PATTERN.fullmatch(state) and await USE_UP_OAUTH_STATE.one(
        conn, state_hash=_hash_oauth_state(state), purpose=purpose, now=now
    )
    if not used:
        raise _unusable_oauth_state_error()
    return used, _unseal_pkce_verifier(used, keyring)


def find_oauth_browser_mismatch_error(flow: StoredOAuthFlow, *, same_browser: bool) -> str | None:
    """Return OTHER_BROWSER if an OAuth flow returns by another browser than the one that followed our link.

    Returns None for the same browser, and for a flow that isn't bound to one. An attacker may have followed the
    link and sent the person on (RFC 6749 10.12). Flows of an earlier release aren't bound.
    """
    return "OTHER_BROWSER" if flow.details.get(_OAUTH_DETAIL_KEY_OF_BROWSER_BINDING) and not same_browser else None


async def store_oauth_outcome(conn: Conn, flow: StoredOAuthFlow, *, outcome: str, error: str | None = None) -> None:
    """Store the outcome of an OAuth flow without a job: `failed`, or `requested` if an owner must approve it first."""
    await oauth_state.end_state.run(
        conn, org=flow.organization_id, state_hash=flow.state_hash, outcome=outcome, error_code=error
    )


async def bind_oauth_flow_to_job(conn: Conn, flow: StoredOAuthFlow, *, job_id: UUID) -> None:
    """Bind an OAuth flow to a job: the flow stays pending until the job ends, and gets the job's outcome."""
    await oauth_state.give_to_job.run(conn, org=flow.organization_id, state_hash=flow.state_hash, job_id=job_id)


async def read_oauth_flow_outcome(conn: Conn, flow: StoredOAuthFlow) -> str | None:
    """Return the stored outcome of an OAuth flow, such as `completed`; None until the flow ends."""
    result: str | None = await oauth_state.get_outcome.value(conn, org=flow.organization_id, state_hash=flow.state_hash)
    return result


async def read_oauth_flow_status(
    conn: Conn, *, organization_id: UUID, api_key_id: UUID, state: str, purpose: str, now: datetime
) -> OAuthFlowProgressAndResult | None:
    """Return an OAuth flow's status (expired or canceled: failed); None for an unknown state or one of another key."""
    row = _OAUTH_STATE_PATTERN.fullmatch(state) and await GET_OAUTH_STATE.one(
        conn, org=organization_id, state_hash=_hash_oauth_state(state), api_key_id=api_key_id, purpose=purpose
    )
    if not row:
        return None
    if row.outcome is None:
        expired = row.used_at is None and row.expires_at <= now
        return (
            OAuthFlowProgressAndResult("failed", "STATE_EXPIRED", None)
            if expired
            else OAuthFlowProgressAndResult("pending", None, None)
        )
    if row.outcome == "canceled":
        return OAuthFlowProgressAndResult("failed", "CANCELED", None)
    return OAuthFlowProgressAndResult(row.outcome, row.error_code, row.result)


async def store_job_outcomes_in_oauth_flows(conn: Conn, *, rows: Sequence[ChangedJob]) -> None:
    """Give the OAuth flows of these jobs the jobs' outcomes; this transaction has just ended the jobs."""
    await oauth_state.end_states.run(conn, orgs=[row.organization_id for row in rows], job_ids=[row.id for row in rows])


def _unusable_oauth_state_error() -> InvalidValue:
    """Return the one `InvalidValue` for unknown, expired and used OAuth states, and those of a disabled key."""
    return InvalidValue("state", "is unknown, expired or used: return to the site that sent you and start again")


def _unseal_pkce_verifier(used: StoredOAuthFlow, keyring: Keyring) -> str | None:
    if used.sealed is None or used.vault_key_id is None:
        return None
    sealed = vault.SealedSecret(used.vault_key_id, used.sealed)
    return vault.unseal_secret(keyring, sealed, row=vault.secret_binding_name("oauth_state", used.state_hash)).decode()


def _hash_oauth_state(state: str) -> bytes:
    return hashlib.sha256(state.encode()).digest()
