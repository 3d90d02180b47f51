"""`tenantry content`."""

from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID

import click
import msgspec

from cli.commands.uploading import upload_content
from cli.shared.acting import acting
from cli.shared.command import Id, answering, at_database, paged
from cli.shared.output import Answer, card, page
from cli.shared.session import Session
from cli.shared.starting import wake
from db.pool import Conn, transact
from domain.content import approvals
from domain.content import content as verbs
from domain.tenancy.api_keys import Actor
from jobs.ledger import Wake
from schemas import ids
from schemas.content import (
    ApprovalPolicy,
    ApprovalPolicyPatch,
    ApprovalStatus,
    Content,
    ContentPatch,
    ContentStatus,
)
from schemas.errors import Stale

COLUMNS = ("CONTENT", "FORMAT", "STATUS", "APPROVAL", "REVISION", "FILES", "CAPTION", "CREATED")

#: Characters of a caption that a list shows.
SHOWN = 40

PROJECT, CONTENT = Id(ids.PROJECT), Id(ids.CONTENT)

seen = click.option(
    "--revision", type=click.IntRange(1), help="Only if it is still this revision, the one you looked at."
)


@click.group(commands=[upload_content])
def content() -> None:
    """Upload, list, show and edit content; approve and reject it; say what needs approval."""


@content.command("list")
@click.option("--project", "project_id", type=PROJECT, required=True, help="Of this project.")
@click.option("--status", type=click.Choice(get_args(ContentStatus)), help="Only with this status.")
@click.option(
    "--approval",
    "approval_status",
    type=click.Choice(get_args(ApprovalStatus)),
    help="Only what was decided so, or is pending.",
)
@answering
@at_database
@acting
@paged(ids.CONTENT)
async def list_content(session: Session, actor: Actor, *, limit: int, **filters: Any) -> Answer:
    """List a project's content, newest first.

    \b
    Examples:
      tenantry content list --project prj_01890a5d-... --approval pending
      tenantry content list --project prj_01890a5d-... --json | jq -r '.items[].id'
    """
    async with session.pool.acquire() as conn:
        found = await verbs.list_page(conn, limit=limit + 1, **_about(session, actor), **filters)
    return page(found, limit, COLUMNS, _row)


@content.command("show")
@click.argument("content_id", type=CONTENT)
@answering
@at_database
@acting
async def show_content(session: Session, actor: Actor, *, content_id: UUID) -> Answer:
    """Show one item of content, with its files and its latest decision.

    \b
    Examples:
      tenantry content show cnt_01890a5d-...
      tenantry content show cnt_01890a5d-... --json | jq -r '.assets[].url'
    """
    async with session.pool.acquire() as conn:
        found = await verbs.get(conn, content_id=content_id, **_about(session, actor))
    return Answer(found, card(found))


@content.command("edit")
@click.argument("content_id", type=CONTENT)
@click.option("--caption", required=True, help="What is posted with the files from now on.")
@seen
@answering
@at_database
@acting
async def edit_content(
    session: Session, actor: Actor, *, content_id: UUID, caption: str, revision: int | None
) -> Answer:
    """Give content another caption, which makes a new revision; the same caption changes nothing.

    Approved content is pending again and its queued posts are blocked. Posts that wait with the content's
    caption take the new one, so it has to fit them all. The exit code is 4 where the content was edited
    since --revision, or rejected.

    \b
    Example:
      tenantry content edit cnt_01890a5d-... --caption "Fresh bread at 7." --revision 1
    """
    body = msgspec.convert({"caption": caption}, ContentPatch)
    versions = None if revision is None else [revision]

    async def change(conn: Conn) -> Content:
        return await verbs.edit(
            conn, content_id=content_id, caption=body.caption, versions=versions, **_about(session, actor)
        )

    try:
        edited = await transact(session.pool, change)
    except Stale:
        raise Stale("it was edited since: look at it again and repeat with its new --revision") from None
    return Answer(edited, card(edited))


@content.command("approve")
@click.argument("content_id", type=CONTENT)
@click.option("--note", help="For whoever reads the decision.")
@seen
@answering
@at_database
@acting
async def approve_content(
    session: Session, actor: Actor, *, content_id: UUID, note: str | None, revision: int | None
) -> Answer:
    """Let pending content go out, and the posts that wait for it at their times.

    The exit code is 4 where it was decided before, or edited since --revision.

    \b
    Example:
      tenantry content approve cnt_01890a5d-... --revision 2
    """

    async def decide(conn: Conn) -> tuple[Content, list[Wake]]:
        return await approvals.approve(
            conn,
            content_id=content_id,
            api_key_id=actor.key_uuid,
            revision=revision,
            note=note,
            now=datetime.now(UTC),
            **_about(session, actor),
        )

    approved, wakes = await transact(session.pool, decide)
    await wake(session, wakes)
    return Answer(approved, card(approved))


@content.command("reject")
@click.argument("content_id", type=CONTENT)
@click.option("--reason", required=True, help="What is wrong with it.")
@seen
@answering
@at_database
@acting
async def reject_content(
    session: Session, actor: Actor, *, content_id: UUID, reason: str, revision: int | None
) -> Answer:
    """Reject pending content, which is final, and cancel the posts that wait for it.

    The exit code is 4 where it was decided before, or edited since --revision.

    \b
    Example:
      tenantry content reject cnt_01890a5d-... --reason "The logo is the old one"
    """

    async def decide(conn: Conn) -> Content:
        return await approvals.reject(
            conn,
            content_id=content_id,
            api_key_id=actor.key_uuid,
            revision=revision,
            reason=reason,
            **_about(session, actor),
        )

    rejected = await transact(session.pool, decide)
    return Answer(rejected, card(rejected))


@content.command("policy")
@click.argument("project_id", type=PROJECT)
@click.option(
    "--requires-approval/--no-requires-approval",
    default=None,
    help="Whether all new content awaits an approval.",
)
@click.option(
    "--first",
    type=click.IntRange(0, 50),
    help="New content awaits one until so many items of the project were approved.",
)
@answering
@at_database
@acting
async def approval_policy(
    session: Session, actor: Actor, *, project_id: UUID, requires_approval: bool | None, first: int | None
) -> Answer:
    """Show a project's approval policy, or change as much of it as you say.

    Content that is there stays as it is: loosening approves nothing, tightening touches nothing decided.

    \b
    Examples:
      tenantry content policy prj_01890a5d-...
      tenantry content policy prj_01890a5d-... --no-requires-approval --first 5
    """
    said = {"requiresApproval": requires_approval, "firstNPostsBlocked": first}
    given = {name: value for name, value in said.items() if value is not None}
    place = {"organization_id": actor.organization_id, "project_id": project_id}

    async def change(conn: Conn) -> ApprovalPolicy:
        if not given:
            return await approvals.get_policy(conn, **place)
        body = msgspec.convert(given, ApprovalPolicyPatch)
        return await approvals.patch_policy(conn, **place, api_key_id=actor.key_uuid, body=body)

    policy = await transact(session.pool, change)
    return Answer(policy, card(policy))


def _about(session: Session, actor: Actor) -> dict[str, Any]:
    return {"organization_id": actor.organization_id, "public_url": session.settings.public_url}


def _row(each: Content) -> tuple[object, ...]:
    caption = each.caption if len(each.caption) <= SHOWN else f"{each.caption[: SHOWN - 1]}…"
    return (
        each.id,
        each.format,
        each.status,
        each.approval_status,
        each.revision,
        len(each.assets),
        caption,
        each.created_at,
    )
