"""`tenantry accounts`, what connects one: a password, or a link to the pages where its owner lets us in.

Either is done in the name of an API key: a link leads back to where the key says that people may be sent,
and the key is who may ask how it went.
"""

from datetime import UTC, datetime
from uuid import UUID

import click
import msgspec

from cli.shared.acting import acting
from cli.shared.command import Id, answering, at_database
from cli.shared.output import Answer, card
from cli.shared.secret import secret
from cli.shared.session import Session, vault
from cli.shared.starting import start, wake
from db.pool import transact
from domain.accounts import accounts
from domain.connecting import authorization, connect, consent_pages
from domain.connecting.connect import BSKY, Asked
from domain.tenancy import api_keys
from domain.tenancy.api_keys import Actor, Principal
from domain.values import urls
from schemas import ids
from schemas.accounts import AccountConnect, OAuthUrlCreate, ReauthUrlCreate
from schemas.errors import Conflict

PROJECT, ACCOUNT = Id(ids.PROJECT), Id(ids.ACCOUNT)

OPEN = "Whoever opens authorizeUrl connects the account: it is good once, until expiresAt."

named = click.option(
    "--key", "key_uuid", type=Id(ids.KEY), required=True, help="The API key in whose name it is done."
)

returning = click.option(
    "--return-url",
    metavar="URL",
    required=True,
    help="Where the person comes back to; its origin is one of the key's return origins.",
)


@click.command("connect")
@click.argument("project_id", type=PROJECT)
@click.argument("identifier")
@named
@click.option("--service-url", metavar="URL", default=BSKY, show_default=True, help="Where to log in.")
@secret("app_password", "App password")
@answering
@at_database
@acting
async def connect_account(
    session: Session,
    actor: Actor,
    *,
    project_id: UUID,
    identifier: str,
    key_uuid: UUID,
    service_url: str,
    app_password: str,
) -> Answer:
    """Connect a Bluesky account, by its handle or DID; one that is connected keeps its id.

    The app password is asked for, or is the first line of standard input. A job logs in with it, once, and
    it is kept nowhere. Accounts of other platforms are connected by `oauth-url`.

    \b
    Examples:
      tenantry accounts connect prj_01890a5d-... shop.bsky.social --key key_01890a5d-...
      tenantry accounts connect prj_01890a5d-... shop.bsky.social --key key_01890a5d-... < password.txt
    """
    body = {"identifier": identifier, "serviceUrl": service_url, "appPassword": app_password}
    wanted = msgspec.convert({"platform": "bluesky", **body}, AccountConnect)
    who, keyring = await _principal(session, actor, key_uuid), await vault(session)
    server, login = connect.check(wanted, sandbox=who.sandbox, allowed=_allowed(session))
    asked = Asked(platform="bluesky", service_url=server, redirect_uri="", api_key_id=who.key_uuid)
    return await start(
        session,
        actor,
        lambda conn: connect.submit(
            conn,
            organization_id=who.organization_id,
            project_id=project_id,
            asked=asked,
            secret=login,
            keyring=keyring,
        ),
    )


@click.command("oauth-url")
@click.argument("project_id", type=PROJECT)
@click.option(
    "--platform", type=click.Choice(list(consent_pages.PAGES)), required=True, help="Of the account."
)
@click.option("--instance", metavar="HOST", help="The account's server, for mastodon: mastodon.social.")
@returning
@named
@answering
@at_database
@acting
async def make_oauth_url(
    session: Session,
    actor: Actor,
    *,
    project_id: UUID,
    platform: str,
    instance: str | None,
    return_url: str,
    key_uuid: UUID,
) -> Answer:
    """Make a link by which a person connects their account, good for 10 minutes and once.

    Send them to authorizeUrl. They come back to --return-url with the state and how it went; the key can
    ask that, too. A Bluesky account is connected by `connect`.

    \b
    Example:
      tenantry accounts oauth-url prj_01890a5d-... --platform mastodon --instance mastodon.social \\
        --return-url https://app.example.com/social --key key_01890a5d-...
    """
    body = {"platform": platform, "instance": instance, "returnUrl": return_url}
    asked = msgspec.convert(body, OAuthUrlCreate)
    return await _link(session, await _principal(session, actor, key_uuid), project_id, asked)


@click.command("reauth-url")
@click.argument("account_id", type=ACCOUNT)
@returning
@named
@answering
@at_database
@acting
async def make_reauth_url(
    session: Session, actor: Actor, *, account_id: UUID, return_url: str, key_uuid: UUID
) -> Answer:
    """Make a link by which a person connects their account again: it keeps its id, and its posts go on.

    If they let us into another account of theirs, nothing changes. A Bluesky account is connected again by
    `connect`.

    \b
    Example:
      tenantry accounts reauth-url sa_01890a5d-... --return-url https://app.example.com/social \\
        --key key_01890a5d-...
    """
    body = {"socialAccountId": str(account_id), "returnUrl": return_url}
    asked = msgspec.convert(body, ReauthUrlCreate)
    who = await _principal(session, actor, key_uuid)
    async with session.pool.acquire() as conn:
        found = await accounts.find(conn, organization_id=who.organization_id, account_id=account_id)
    return await _link(session, who, found["project_id"], asked)


async def _link(
    session: Session, who: Principal, project_id: UUID, asked: OAuthUrlCreate | ReauthUrlCreate
) -> Answer:
    keyring = await vault(session)
    made, due = await transact(
        session.pool,
        lambda conn: authorization.start(
            conn,
            settings=session.settings,
            who=who,
            project_id=project_id,
            asked=asked,
            allowed=_allowed(session),
            keyring=keyring,
            now=datetime.now(UTC),
        ),
    )
    await wake(session, [due])
    return Answer(made, card(made), OPEN)


async def _principal(session: Session, actor: Actor, key_uuid: UUID) -> Principal:
    """Raises `NotFound`, `Conflict` KEY_UNUSABLE."""
    async with session.pool.acquire() as conn:
        key = await api_keys.get(
            conn, organization_id=actor.organization_id, env=actor.env, key_uuid=key_uuid
        )
        row = (await api_keys.find(conn, key_ids=[key.key_id]))[key.key_id]
    if row["killed"] or row["expired"]:
        raise Conflict(
            "KEY_UNUSABLE", "the key was killed or has expired: name another, see `tenantry keys list`"
        )
    return api_keys.principal(row)


def _allowed(session: Session) -> urls.Allowed:
    return urls.read_allowed(session.settings.fetch_allow)
