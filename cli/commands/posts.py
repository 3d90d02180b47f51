"""`tenantry posts`."""

from typing import Any, get_args
from uuid import UUID

import click

from cli.commands.scheduling import publish_content, reschedule_post, schedule_content
from cli.shared.acting import acting
from cli.shared.command import Id, answering, at_database, paged
from cli.shared.output import Answer, card, page
from cli.shared.session import Session
from db.pool import transact
from domain.publishing import changes
from domain.publishing import posts as verbs
from domain.tenancy import project_locks
from domain.tenancy.api_keys import Actor
from domain.values import timezones
from schemas import ids
from schemas.posts import Post, ResolvePost, Status

POST = Id(ids.POST)

COLUMNS = ("POST", "STATUS", "PLATFORM", "SCHEDULED", "ACCOUNT", "CONTENT", "ERROR")


@click.group(commands=[schedule_content, publish_content, reschedule_post])
def posts() -> None:
    """Schedule and publish content; list, show, move and cancel posts; say what became of one."""


@posts.command("list")
@click.argument("project_id", type=Id(ids.PROJECT))
@click.option("--status", type=click.Choice(get_args(Status)), help="Only with this status.")
@click.option("--account", "account_id", type=Id(ids.ACCOUNT), help="Only to this social account.")
@click.option("--since", metavar="TIME", help="Only for this instant or later; UTC, 2026-11-01T05:30:00Z.")
@click.option("--until", metavar="TIME", help="Only for before this instant.")
@answering
@at_database
@acting
@paged(ids.POST)
async def list_posts(
    session: Session,
    actor: Actor,
    *,
    project_id: UUID,
    since: str | None,
    until: str | None,
    limit: int,
    **filters: Any,
) -> Answer:
    """List a project's posts, newest first.

    \b
    Examples:
      tenantry posts list prj_01890a5d-... --status outcome_unknown
      tenantry posts list prj_01890a5d-... --since 2026-11-01T00:00:00Z --until 2026-12-01T00:00:00Z
      tenantry posts list prj_01890a5d-... --json | jq -r '.items[].externalUrl'
    """
    where: dict[str, Any] = {"organization_id": actor.organization_id, "project_id": project_id}
    times: dict[str, Any] = {
        "since": None if since is None else timezones.read(since, path="--since"),
        "until": None if until is None else timezones.read(until, path="--until"),
    }
    async with session.pool.acquire() as conn:
        await project_locks.check(conn, **where)
        found = await verbs.list_page(conn, **where, **times, limit=limit + 1, **filters)
    return page(found, limit, COLUMNS, _row)


@posts.command("show")
@click.argument("post_id", type=POST)
@answering
@at_database
@acting
async def show_post(session: Session, actor: Actor, *, post_id: UUID) -> Answer:
    """Show one post.

    \b
    Example:
      tenantry posts show sp_01890a5d-...
    """
    async with session.pool.acquire() as conn:
        post, _ = await verbs.get(conn, organization_id=actor.organization_id, post_id=post_id)
    return Answer(post, card(post))


@posts.command("cancel")
@click.argument("post_id", type=POST)
@click.option("--reason", help="Why, for whoever reads the post later.")
@answering
@at_database
@acting
async def cancel_post(session: Session, actor: Actor, *, post_id: UUID, reason: str | None) -> Answer:
    """Cancel a post that waits. The exit code is 4 for one that is on its way or over.

    \b
    Example:
      tenantry posts cancel sp_01890a5d-... --reason "sold out"
    """
    post, _ = await transact(
        session.pool,
        lambda conn: changes.cancel(
            conn, organization_id=actor.organization_id, post_id=post_id, reason=reason
        ),
    )
    return Answer(post, card(post))


@posts.command("resolve")
@click.argument("post_id", type=POST)
@click.option("--published/--not-published", required=True, help="What you saw on the platform.")
@click.option("--url", help="The post's address, if it is there.")
@answering
@at_database
@acting
async def resolve_post(
    session: Session, actor: Actor, *, post_id: UUID, published: bool, url: str | None
) -> Answer:
    """Say what became of a post whose outcome is unknown. Nothing is sent again by itself.

    \b
    Examples:
      tenantry posts resolve sp_01890a5d-... --published --url https://example.social/@shop/1
      tenantry posts resolve sp_01890a5d-... --not-published
    """
    body = ResolvePost(published=published, external_url=url)
    post, _ = await transact(
        session.pool,
        lambda conn: changes.resolve(
            conn,
            organization_id=actor.organization_id,
            post_id=post_id,
            body=body,
            api_key_id=actor.key_uuid,
        ),
    )
    return Answer(post, card(post))


def _row(post: Post) -> tuple[object, ...]:
    code = post.last_error.code if post.last_error else None
    place = post.social_account_id, post.content_id
    return (post.id, post.status, post.platform, post.scheduled_for, *place, code)
