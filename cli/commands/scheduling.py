"""`tenantry posts`, what gives content its accounts and posts their times."""

from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID

import click
import msgspec

from cli.shared.acting import acting, as_here
from cli.shared.command import Id, Run, answering, at_database
from cli.shared.output import Answer, card, table
from cli.shared.session import Session
from cli.shared.starting import wake
from db.pool import transact
from domain.publishing import changes, scheduling
from domain.tenancy.api_keys import Actor
from schemas import ids
from schemas.posts import (
    PrivacyLevel,
    PublishContent,
    Reschedule,
    ScheduleContent,
    Scheduled,
    ScheduledTarget,
)

CONTENT, ACCOUNT, POST = Id(ids.CONTENT), Id(ids.ACCOUNT), Id(ids.POST)

COLUMNS = ("POST", "STATUS", "SCHEDULED", "ACCOUNT", "JOB")

#: How a local time was read, where that has to be said.
PUT = {
    "gap_shifted": "The zone's clocks skip that time: it is as much later as they jump.",
    "fold_first": "The zone's clocks show that time twice: it is the first.",
}

again = click.option(
    "--allow-duplicate", is_flag=True, help="Even if an account has the same within 24 hours."
)


def targeted(run: Run) -> Run:
    """What is posted where; of all but the content `_targets` makes a request's targets."""
    for decorate in (
        click.option(
            "--privacy",
            type=click.Choice(get_args(PrivacyLevel)),
            help="Who may see it, on tiktok; everybody, if you don't say.",
        ),
        click.option("--draft", is_flag=True, help="Into the owner's inbox, who publishes it, on tiktok."),
        click.option("--caption", help="In place of the content's own."),
        click.argument("account_ids", type=ACCOUNT, nargs=-1, required=True),
        click.argument("content_id", type=CONTENT),
    ):
        run = decorate(run)
    return run


def timed(run: Run) -> Run:
    """When; `_when` makes a request's time of it."""
    local = click.option(
        "--local", metavar="TIME", help="... as the project's clocks show it, such as 2026-11-01T06:30."
    )
    at = click.option("--at", metavar="TIME", help="In UTC with its Z, such as 2026-11-01T05:30:00Z; or ...")
    return at(local(run))


@click.command("schedule")
@targeted
@timed
@again
@answering
@at_database
@acting
async def schedule_content(
    session: Session,
    actor: Actor,
    *,
    content_id: UUID,
    at: str | None,
    local: str | None,
    allow_duplicate: bool,
    **aim: Any,
) -> Answer:
    """Post content to accounts at a time: to all of them, or to none where anything is wrong with one.

    Posts of content that awaits its approval are blocked until it is approved.

    \b
    Examples:
      tenantry posts schedule cnt_01890a5d-... sa_01890a5d-... --at 2026-11-01T05:30:00Z
      tenantry posts schedule cnt_01890a5d-... sa_01890a5d-... sa_01890a5e-... --local 2026-11-01T06:30
    """
    wanted = {"targets": _targets(**aim), "allowDuplicate": allow_duplicate, **_when(at, local)}
    body = msgspec.convert(wanted, ScheduleContent)
    scheduled, wakes = await transact(
        session.pool,
        lambda conn: scheduling.schedule(
            conn,
            organization_id=actor.organization_id,
            content_id=content_id,
            body=body,
            now=datetime.now(UTC),
        ),
    )
    await wake(session, wakes)
    return _answer(scheduled)


@click.command("publish")
@targeted
@again
@answering
@at_database
@acting
async def publish_content(
    session: Session, actor: Actor, *, content_id: UUID, allow_duplicate: bool, **aim: Any
) -> Answer:
    """Post content to accounts now: to all of them, or to none where anything is wrong with one.

    The exit code is 4 for content that awaits its approval.

    \b
    Example:
      tenantry posts publish cnt_01890a5d-... sa_01890a5d-... --caption "Fresh bread, right now."
    """
    wanted = {"targets": _targets(**aim), "allowDuplicate": allow_duplicate}
    body = msgspec.convert(wanted, PublishContent)
    scheduled, wakes = await transact(
        session.pool,
        lambda conn: scheduling.publish(
            conn, organization_id=actor.organization_id, content_id=content_id, body=body
        ),
    )
    await wake(session, wakes)
    return _answer(scheduled)


@click.command("reschedule")
@click.argument("post_id", type=POST)
@timed
@again
@answering
@at_database
@acting
async def reschedule_post(
    session: Session,
    actor: Actor,
    *,
    post_id: UUID,
    at: str | None,
    local: str | None,
    allow_duplicate: bool,
) -> Answer:
    """Give a post that waits another time; one that was approved too late is queued by this.

    The exit code is 4 for one that is on its way or over.

    \b
    Examples:
      tenantry posts reschedule sp_01890a5d-... --at 2026-11-02T05:30:00Z
      tenantry posts reschedule sp_01890a5d-... --local 2026-11-02T06:30
    """
    body = msgspec.convert({"allowDuplicate": allow_duplicate, **_when(at, local)}, Reschedule)
    (post, _), wakes = await transact(
        session.pool,
        lambda conn: changes.reschedule(
            conn, organization_id=actor.organization_id, post_id=post_id, body=body, now=datetime.now(UTC)
        ),
    )
    await wake(session, wakes)
    return Answer(post, card(post))


def _targets(
    *, account_ids: tuple[UUID, ...], caption: str | None, draft: bool, privacy: str | None
) -> list[dict[str, Any]]:
    """Each account's, as a request says it."""
    how = {"captionOverride": caption, "mode": "draft" if draft else "direct", "privacyLevel": privacy}
    return [{"socialAccountId": str(account_id), **how} for account_id in account_ids]


def _when(at: str | None, local: str | None) -> dict[str, str | None]:
    """The time, as a request says it."""
    if (at is None) == (local is None):
        raise click.UsageError("say when: give either --at or --local")
    return {"scheduledFor": at, "localTime": local}


def _answer(made: Scheduled) -> Answer:
    notes = [PUT.get(made.time_rule, "")]
    if made.gate_status == "blocked_on_approval":
        notes.append(f"They wait for its approval: tenantry content approve {made.content_id}{as_here()}")
    return Answer(made, table(COLUMNS, map(_row, made.scheduled_posts)), "\n".join(filter(None, notes)))


def _row(each: ScheduledTarget) -> tuple[object, ...]:
    return (each.id, each.status, each.scheduled_for, each.social_account_id, each.job_id)
