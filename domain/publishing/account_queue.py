"""Turns: one post of an account is prepared and sent at a time, in the order of their times (decision 12).

The account's row names whose turn it is, and is locked by whoever takes, gives up or passes on a turn. A post
that doesn't get it puts its job back in the same transaction, so whoever passes a turn on sees it wait.
"""

from typing import NamedTuple
from uuid import UUID

import asyncpg

from db.pool import Conn
from db.queries import account_lease, account_send
from domain.publishing import quotas
from jobs.ledger import Claim

#: A post that isn't the account's next looks again this soon should nobody wake it, in seconds. Whoever takes
#: a turn lets so many of those behind it wait without a look.
WAIT_S, LINED_UP = 30.0, 50
#: Posts that their platform may have already, woken at once; it is asked about each.
WOKEN = 50
#: The job's progress from then on.
PREPARING = 0.1


class Standing(NamedTuple):
    """A post's among the others of its account.

    `full_s`: the account's quota has no room for so many seconds. `taken`: another post has the turn, and is
    at work or about to be. `mine`: it is this post's turn from now on.
    """

    full_s: float
    taken: bool
    mine: bool


async def take(conn: Conn, *, claim: Claim, post_id: UUID, post: asyncpg.Record) -> Standing:
    """Where it is its turn, the post is being prepared from now on; `post` is its row and its account's."""
    row = await account_send.take_turn.row(
        conn,
        org=claim.organization_id,
        account_id=post["account_id"],
        owner_id=post["owner_id"],
        holder=post["turn_post_id"],
        post_id=post_id,
        scheduled_for=post["scheduled_for"],
        job_id=claim.id,
        fence=claim.fence,
        progress=PREPARING,
        most=LINED_UP,
        wait_s=WAIT_S,
        **quotas.window(post),
    )
    return Standing(**row)


async def give_up(conn: Conn, *, organization_id: UUID, account_id: UUID, post_id: UUID) -> None:
    """For what all of the account's posts wait for: the next one would be no better off."""
    await account_send.drop_turn.run(conn, org=organization_id, account_id=account_id, post_id=post_id)


async def pass_on(conn: Conn, *, organization_id: UUID, account_id: UUID, post_id: UUID) -> None:
    """The next one's job is due at once; the account is locked."""
    await give_up(conn, organization_id=organization_id, account_id=account_id, post_id=post_id)
    await hasten_next(conn, organization_id=organization_id, account_id=account_id)


async def hasten(conn: Conn, *, organization_id: UUID, account_id: UUID) -> None:
    """What the account's posts may have waited for is over, and those of whoever leases it.

    Wakes those that the platform may have, and the first of those in line, which will wake the next.
    """
    await _hasten(conn, organization_id, account_id)
    lessee = await account_lease.find_lessee.one(conn, owner_id=account_id)
    if lessee is not None:
        await _hasten(conn, lessee["organization_id"], lessee["account_id"])


async def _hasten(conn: Conn, organization_id: UUID, account_id: UUID) -> None:
    await account_send.lock_sender.one(conn, org=organization_id, account_id=account_id)
    await account_send.hasten_sent.run(conn, org=organization_id, account_id=account_id, most=WOKEN)
    await hasten_next(conn, organization_id=organization_id, account_id=account_id)


async def hasten_next(conn: Conn, *, organization_id: UUID, account_id: UUID) -> None:
    """The first one's job is due at once; the account is locked."""
    await account_send.hasten_next.run(conn, org=organization_id, account_id=account_id)
