"""`tenantry quotas`: posting quota of an account instead of its platform's."""

from functools import partial
from uuid import UUID

import click

from cli.shared.command import CliIdParam, run_cli_db_write
from cli.shared.group import FullSentenceHelpCommandGroup
from cli.shared.organization import with_organization_options
from cli.shared.output import CliCommandResult
from cli.shared.session import CommandDbSession
from domain.accounts import accounts
from domain.tenancy.api_keys import Actor
from schemas import ids

ACCOUNT_ID_PARAM_TYPE = CliIdParam(ids.ACCOUNT_ID_PREFIX)

QUOTA_OPTION_RANGE = click.IntRange(1, 2**31 - 1)


@click.group(cls=FullSentenceHelpCommandGroup)
def quotas() -> None:
    """Set a social account's posting quota instead of its platform's."""


@quotas.command("set")
@click.argument("account_id", type=ACCOUNT_ID_PARAM_TYPE)
@click.option("--posts", type=QUOTA_OPTION_RANGE, required=True, help="Maximum number of posts in a window.")
@click.option("--seconds", type=QUOTA_OPTION_RANGE, required=True, help="Length of the sliding window in seconds.")
@with_organization_options
async def set_account_posting_quota(
    session: CommandDbSession, actor: Actor, *, account_id: UUID, posts: int, seconds: int
) -> CliCommandResult:
    """Set an account's own quota.

    \b
    Example:
      tenantry quotas set sa_01890a5d-... --posts 10 --seconds 86400
    """
    return await _set_or_clear_account_quota(session, actor, account_id, posts=posts, seconds=seconds)


@quotas.command("clear")
@click.argument("account_id", type=ACCOUNT_ID_PARAM_TYPE)
@with_organization_options
async def clear_account_posting_quota(session: CommandDbSession, actor: Actor, *, account_id: UUID) -> CliCommandResult:
    """Remove an account's own quota, so that its platform's applies again.

    \b
    Example:
      tenantry quotas clear sa_01890a5d-...
    """
    return await _set_or_clear_account_quota(session, actor, account_id, posts=None, seconds=None)


async def _set_or_clear_account_quota(
    session: CommandDbSession, actor: Actor, account_id: UUID, *, posts: int | None, seconds: int | None
) -> CliCommandResult:
    store = partial(accounts.set_account_own_quota, organization_id=actor.organization_id, account_id=account_id)
    return await run_cli_db_write(session, partial(store, posts=posts, seconds=seconds))
