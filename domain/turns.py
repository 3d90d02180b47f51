"""Turns: one post of an account is prepared and sent at a time, in the order of their times (decision 12).

The account's row names whose turn it is, and is locked by whoever takes, gives up or passes on a turn. A post
that doesn't get it puts its job back in the same transaction, so whoever passes a turn on sees it wait.
"""

from datetime import datetime
from uuid import UUID

from db.pool import Conn
from db.queries import account_send

#: A post that isn't the account's next looks again this soon should nobody wake it, in seconds. Whoever takes
#: a turn lets so many of those behind it wait without a look.
WAIT_S, LINED_UP = 30.0, 50


async def take(
    conn: Conn,
    *,
    organization_id: UUID,
    account_id: UUID,
    post_id: UUID,
    scheduled_for: datetime,
    holder: UUID | None,
) -> bool:
    """Whether it is this post's turn from now on; `holder` is what the account's row, locked, names."""
    if holder == post_id:
        return True
    account = {"org": organization_id, "account_id": account_id}
    if holder and await account_send.has_turn.value(conn, org=organization_id, post_id=holder):
        return False
    if await account_send.is_behind.value(conn, **account, post_id=post_id, scheduled_for=scheduled_for):
        await account_send.hasten_next.run(conn, **account)
        return False
    await account_send.set_turn.run(conn, **account, post_id=post_id)
    mine = {"post_id": post_id, "scheduled_for": scheduled_for}
    await account_send.line_up.run(conn, **account, **mine, most=LINED_UP, wait_s=WAIT_S)
    return True


async def give_up(conn: Conn, *, organization_id: UUID, account_id: UUID, post_id: UUID) -> None:
    """For what all of the account's posts wait for: the next one would be no better off."""
    await account_send.drop_turn.run(conn, org=organization_id, account_id=account_id, post_id=post_id)


async def pass_on(conn: Conn, *, organization_id: UUID, account_id: UUID, post_id: UUID) -> None:
    """The next one's job is due at once; the account is locked."""
    await give_up(conn, organization_id=organization_id, account_id=account_id, post_id=post_id)
    await account_send.hasten_next.run(conn, org=organization_id, account_id=account_id)


async def hasten(conn: Conn, *, organization_id: UUID, account_id: UUID) -> None:
    """What the account's posts may have waited for is over: wake the first, which will wake the next."""
    await account_send.lock_sender.one(conn, org=organization_id, account_id=account_id)
    await account_send.hasten_next.run(conn, org=organization_id, account_id=account_id)
