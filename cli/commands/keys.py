"""`tenantry keys`: API keys, and the vault's key."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from operator import attrgetter
from typing import get_args
from uuid import UUID

import click
import msgspec
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from cli.local.demo_keys import read_demo_keys_and_address
from cli.shared.command import (
    CliIdParam,
    run_cli_db_write,
    with_database_session,
    with_paging_options,
    with_printed_result,
)
from cli.shared.group import FullSentenceHelpCommandGroup
from cli.shared.organization import with_organization_options
from cli.shared.output import CliCommandResult, build_cli_list_result, build_rich_console, format_object_fields
from cli.shared.session import CommandDbSession, load_vault_keyring
from domain.operations import rewrap
from domain.security.keyring import Keyring, parse_keyring
from domain.tenancy import api_keys as verbs
from domain.tenancy import organizations
from domain.tenancy.api_keys import ALL_API_KEY_SCOPES, Actor
from schemas import ids
from schemas.api_keys import ApiKeyCreate, ApiKeyScope, Rewrapped

API_KEY_ID_CLI_PARAM_TYPE = CliIdParam(ids.API_KEY_ID_PREFIX)
LISTED_API_KEY_FIELDS = ("id", "name", "env", "scopes", "created_at", "expires_at", "killed_at")
API_KEY_TABLE_HEADINGS = ("KEY", "NAME", "ENV", "SCOPES", "CREATED", "EXPIRES", "KILLED")

API_KEY_SHOWN_ONCE_NOTE = "Store apiKey now: it is shown only once, and the database has only its hash."


@click.group(cls=FullSentenceHelpCommandGroup)
def keys() -> None:
    """Create, list, rotate, kill and show API keys; seal every secret with a new vault key."""


@keys.command("create")
@click.argument("name")
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(get_args(ApiKeyScope)), metavar="SCOPE",
    help="A scope; repeat the option for several. The default, *, has all scopes except ops:*.",
)  # fmt: skip
@click.option(
    "--return-origin", "origins", multiple=True, metavar="ORIGIN", help="Allowed origin of an OAuth flow's return."
)
@click.option("--days", type=click.IntRange(min=1), help="Days until the key expires; default: never.")
@with_organization_options
async def create_key(
    session: CommandDbSession,
    actor: Actor,
    *,
    name: str,
    scopes: tuple[str, ...],
    origins: tuple[str, ...],
    days: int | None,
) -> CliCommandResult:
    """Create an API key and show it once.

    \b
    Examples:
      tenantry keys create "CI of the booking team" --scope projects:read --scope jobs:read
      tenantry keys create tests --sandbox --days 30
      KEY=$(tenantry keys create demo --json | jq -r .apiKey)
    """
    now = datetime.now(UTC)
    request = msgspec.convert(
        {
            "name": name,
            "scopes": scopes or ["*"],
            "returnOrigins": origins,
            "expiresAt": days and now + timedelta(days=days),
        },
        ApiKeyCreate,
    )
    create = partial(verbs.insert_api_key, peppers=_parse_pepper_setting(session), actor=actor, now=now)
    return await run_cli_db_write(session, partial(create, **msgspec.structs.asdict(request)), API_KEY_SHOWN_ONCE_NOTE)


@keys.command("list")
@with_organization_options
@with_paging_options(ids.API_KEY_ID_PREFIX)
async def list_keys(session: CommandDbSession, actor: Actor, *, before: UUID | None, limit: int) -> CliCommandResult:
    """List an organization's keys, newest first, including killed keys.

    \b
    Examples:
      tenantry keys list
      tenantry keys list --sandbox --json | jq -r '.items[] | select(.killSwitch | not).id'
    """
    async with session.pool.acquire() as conn:
        rows = await verbs.list_api_key_page(
            conn, organization_id=actor.organization_id, env=actor.env, before=before, limit=limit + 1
        )
    return build_cli_list_result(rows, limit, API_KEY_TABLE_HEADINGS, attrgetter(*LISTED_API_KEY_FIELDS))


@keys.command("rotate")
@click.argument("key_uuid", metavar="KEY_ID", type=API_KEY_ID_CLI_PARAM_TYPE)
@click.option(
    "--overlap-hours",
    type=click.IntRange(0, 24),
    default=0,
    show_default=True,
    help="Hours until the old secret stops working.",
)
@with_database_session
async def replace_api_key_secret(session: CommandDbSession, *, key_uuid: UUID, overlap_hours: int) -> CliCommandResult:
    """Give a key a new secret and show it once; its id and scopes stay.

    \b
    Example:
      tenantry keys rotate key_01890a5d-... --overlap-hours 24
    """
    peppers, overlap = _parse_pepper_setting(session), timedelta(hours=overlap_hours)
    actor = await _find_org_by_api_key_id(session, key_uuid)
    rotate = partial(verbs.rotate_api_key_secret, peppers=peppers, actor=actor, key_uuid=key_uuid, overlap=overlap)
    return await run_cli_db_write(session, rotate, API_KEY_SHOWN_ONCE_NOTE)


@keys.command("kill")
@click.argument("key_uuid", metavar="KEY_ID", type=API_KEY_ID_CLI_PARAM_TYPE)
@with_database_session
async def kill_key(session: CommandDbSession, *, key_uuid: UUID) -> CliCommandResult:
    """Disable a key permanently, from its next request on.

    \b
    Example:
      tenantry keys kill key_01890a5d-...
    """
    actor = await _find_org_by_api_key_id(session, key_uuid)
    return await run_cli_db_write(session, partial(verbs.disable_api_key, actor=actor, key_uuid=key_uuid))


@keys.command("show-local")
@with_printed_result
async def show_local_api_keys() -> CliCommandResult:
    """Show the keys of the organization "Demo" and of its sandbox, created by `bin/up` in this folder.

    It reads `.local/demo`, a file with mode 0600, and calls no server. Any other key is known only to its
    creator: the database has its hash.

    \b
    Examples:
      tenantry keys show-local
      KEY=$(tenantry keys show-local --json | jq -r .apiKey)
    """
    local_keys = read_demo_keys_and_address()
    return CliCommandResult(local_keys, format_object_fields(local_keys))


@keys.command("rewrap")
@with_database_session
async def rewrap_secrets(session: CommandDbSession) -> CliCommandResult:
    """Seal every secret in the database again, with the first key of VAULT_KEYS.

    To change the key: put the new key in front of VAULT_KEYS everywhere, release, run this, and remove the
    old key. All processes may run. It may be repeated, and continues after an interruption.

    \b
    Examples:
      tenantry keys rewrap
      tenantry keys rewrap --json | jq .total
    """
    keyring = await load_vault_keyring(session)
    async with session.pool.acquire() as conn:
        total = await rewrap.count_secrets_of_older_keys(conn, keyring=keyring)
    with _show_resealing_progress_bar(total) as report:
        rows = await rewrap.rewrap_all_secrets(session.pool, keyring=keyring, report=report)
    done = Rewrapped(key_id=keyring.writer, rows=rows, total=sum(rows.values()))
    return CliCommandResult(
        done, format_object_fields(done), f"Every secret is sealed with {keyring.writer}: remove the other keys."
    )


@contextmanager
def _show_resealing_progress_bar(total: int) -> Iterator[rewrap.ReportRewrappedRows]:
    """Show a progress bar for `total` secrets on stderr, unless --json is set; yield the function to advance it."""
    if click.get_current_context().params["as_json"]:
        yield lambda _: None
        return
    columns = (TextColumn("sealing"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=build_rich_console(sys.stderr)) as bar:
        task = bar.add_task("", total=total)
        yield lambda some: bar.advance(task, some)


async def _find_org_by_api_key_id(session: CommandDbSession, key_uuid: UUID) -> Actor:
    """Return the organization of an API key as an actor with every scope. Raise `ObjectNotFound` for an unknown key."""
    async with session.pool.acquire() as conn:
        owner = await organizations.find_organization_by_key_uuid(conn, key_uuid=key_uuid)
    return Actor(owner.organization_id, owner.env, None, ALL_API_KEY_SCOPES)


def _parse_pepper_setting(session: CommandDbSession) -> Keyring:
    return parse_keyring(session.settings.peppers, setting="PEPPERS")
