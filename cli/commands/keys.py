"""`tenantry keys`: API keys, and the vault's key."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import get_args
from uuid import UUID

import click
import msgspec
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from cli.local.demo_keys import read_stored_keys
from cli.shared.command import Id, answering, at_database, paged
from cli.shared.group import CommandGroup
from cli.shared.organization import for_organization
from cli.shared.output import CommandResult, console, object_card, page
from cli.shared.session import CommandSession, vault
from db.pool import transact
from domain.operations import rewrap
from domain.security.keyring import Keyring, parse_keyring
from domain.tenancy import api_keys as verbs
from domain.tenancy import organizations
from domain.tenancy.api_keys import EVERY_SCOPE, Actor
from schemas import ids
from schemas.api_keys import ApiKeyCreate, Rewrapped, Scope

KEY = Id(ids.KEY)
FIELDS = ("id", "name", "env", "scopes", "created_at", "expires_at", "killed_at")
COLUMNS = ("KEY", "NAME", "ENV", "SCOPES", "CREATED", "EXPIRES", "KILLED")

SHOWN_ONCE_NOTE = "Store apiKey now: it is shown only once, and the database has only its hash."


@click.group(cls=CommandGroup)
def keys() -> None:
    """Create, list, rotate, kill and show API keys; seal every secret with a new vault key."""


@keys.command("create")
@click.argument("name")
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(get_args(Scope)), metavar="SCOPE",
    help="A scope; repeat the option for several. The default, *, has all scopes except ops:*.",
)  # fmt: skip
@click.option(
    "--return-origin",
    "origins",
    multiple=True,
    metavar="ORIGIN",
    help="Allowed origin of an OAuth flow's return.",
)
@click.option("--days", type=click.IntRange(min=1), help="Days until the key expires; default: never.")
@for_organization
async def create_key(
    session: CommandSession,
    actor: Actor,
    *,
    name: str,
    scopes: tuple[str, ...],
    origins: tuple[str, ...],
    days: int | None,
) -> CommandResult:
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
    peppers = _peppers(session)
    created = await transact(
        session.pool,
        lambda conn: verbs.create(
            conn, peppers=peppers, actor=actor, now=now, **msgspec.structs.asdict(request)
        ),
    )
    return CommandResult(created, object_card(created), SHOWN_ONCE_NOTE)


@keys.command("list")
@for_organization
@paged(ids.KEY)
async def list_keys(
    session: CommandSession, actor: Actor, *, before: UUID | None, limit: int
) -> CommandResult:
    """List an organization's keys, newest first, including killed keys.

    \b
    Examples:
      tenantry keys list
      tenantry keys list --sandbox --json | jq -r '.items[] | select(.killSwitch | not).id'
    """
    async with session.pool.acquire() as conn:
        rows = await verbs.list_page(
            conn, organization_id=actor.organization_id, env=actor.env, before=before, limit=limit + 1
        )
    return page(rows, limit, COLUMNS, attrgetter(*FIELDS))


@keys.command("rotate")
@click.argument("key_uuid", metavar="KEY_ID", type=KEY)
@click.option(
    "--overlap-hours",
    type=click.IntRange(0, 24),
    default=0,
    show_default=True,
    help="Hours until the old secret stops working.",
)
@at_database
async def rotate_key(session: CommandSession, *, key_uuid: UUID, overlap_hours: int) -> CommandResult:
    """Give a key a new secret and show it once; its id and scopes stay.

    \b
    Example:
      tenantry keys rotate key_01890a5d-... --overlap-hours 24
    """
    peppers, overlap = _peppers(session), timedelta(hours=overlap_hours)
    actor = await _find_key_owner(session, key_uuid)
    rotated = await transact(
        session.pool,
        lambda conn: verbs.rotate(conn, peppers=peppers, actor=actor, key_uuid=key_uuid, overlap=overlap),
    )
    return CommandResult(rotated, object_card(rotated), SHOWN_ONCE_NOTE)


@keys.command("kill")
@click.argument("key_uuid", metavar="KEY_ID", type=KEY)
@at_database
async def kill_key(session: CommandSession, *, key_uuid: UUID) -> CommandResult:
    """Disable a key permanently, from its next request on.

    \b
    Example:
      tenantry keys kill key_01890a5d-...
    """
    actor = await _find_key_owner(session, key_uuid)
    killed = await transact(session.pool, lambda conn: verbs.kill(conn, actor=actor, key_uuid=key_uuid))
    return CommandResult(killed, object_card(killed))


@keys.command("show-local")
@answering
async def show_local() -> CommandResult:
    """Show the keys of the organization "Demo" and of its sandbox, created by `bin/up` in this folder.

    It reads `.local/demo`, a file with mode 0600, and calls no server. Any other key is known only to its
    creator: the database has its hash.

    \b
    Examples:
      tenantry keys show-local
      KEY=$(tenantry keys show-local --json | jq -r .apiKey)
    """
    local_keys = read_stored_keys()
    return CommandResult(local_keys, object_card(local_keys))


@keys.command("rewrap")
@at_database
async def rewrap_secrets(session: CommandSession) -> CommandResult:
    """Seal every secret in the database again, with the first key of VAULT_KEYS.

    To change the key: put the new key in front of VAULT_KEYS everywhere, release, run this, and remove the
    old key. All processes may run. It may be repeated, and continues after an interruption.

    \b
    Examples:
      tenantry keys rewrap
      tenantry keys rewrap --json | jq .total
    """
    keyring = await vault(session)
    async with session.pool.acquire() as conn:
        total = await rewrap.count(conn, keyring=keyring)
    with _bar(total) as report:
        rows = await rewrap.rewrap(session.pool, keyring=keyring, report=report)
    done = Rewrapped(key_id=keyring.writer, rows=rows, total=sum(rows.values()))
    return CommandResult(
        done, object_card(done), f"Every secret is sealed with {keyring.writer}: remove the other keys."
    )


@contextmanager
def _bar(total: int) -> Iterator[rewrap.Report]:
    """Show a progress bar on stderr, unless --json is set."""
    if click.get_current_context().params["as_json"]:
        yield lambda _: None
        return
    columns = (TextColumn("sealing"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(sys.stderr)) as bar:
        task = bar.add_task("", total=total)
        yield lambda some: bar.advance(task, some)


async def _find_key_owner(session: CommandSession, key_uuid: UUID) -> Actor:
    """Return the owner of a key as an actor with every scope. Raise `NotFound`."""
    async with session.pool.acquire() as conn:
        owner = await organizations.find_owner(conn, key_uuid=key_uuid)
    return Actor(owner.organization_id, owner.env, None, EVERY_SCOPE)


def _peppers(session: CommandSession) -> Keyring:
    return parse_keyring(session.settings.peppers, setting="PEPPERS")
