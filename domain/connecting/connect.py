"""The connection of an account, by a job, and its end."""

import re
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from db.pool import Conn
from db.queries import account_lease, social_account
from domain.accounts import accounts, client_registrations, credentials, servers
from domain.accounts.accounts import AccountScope, Found
from domain.accounts.client_registrations import Client, Server
from domain.accounts.credentials import Grant
from domain.connecting import token_revocation
from domain.leasing import offers
from domain.publishing import account_queue, waiting
from domain.security import job_secrets
from domain.security.keyring import Keyring
from domain.tenancy import organizations, project_locks
from domain.values.urls import Allowed
from jobs import ledger
from jobs.kinds import CONNECT_ACCOUNT
from jobs.ledger import Claim, Submitted
from schemas import ids
from schemas.accounts import AccountConnect, AccountDisconnected
from schemas.errors import Conflict, Invalid

#: The server that an account logs in at unless it names another.
BSKY = "https://bsky.social"

#: A handle is a domain name (atproto.com/specs/handle), a DID is one of its two methods (specs/did).
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
NAMED = re.compile(
    rf"(?:{_LABEL}\.)+[A-Za-z](?:[A-Za-z0-9-]{{0,61}}[A-Za-z0-9])?|did:(?:plc|web):[A-Za-z0-9._:%-]*[A-Za-z0-9._-]",
    re.ASCII,
)
#: In a sandbox the magic ones too.
SANDBOX_NAMED = re.compile(r"[A-Za-z0-9._:%-]+", re.ASCII)

#: The reason that its canceled posts name.
DISCONNECTED = "account_disconnected"


class Code(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The code that a person brought back from a server's pages, with its verifier."""

    code: str
    verifier: str

    def __repr__(self) -> str:
        return "Code()"


class Login(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A handle and an app password, which open an account without any pages."""

    identifier: str
    password: str

    def __repr__(self) -> str:
        return "Login()"


class ConnectArgs(msgspec.Struct, frozen=True, kw_only=True):
    """The arguments of a connection's job: nothing in them is secret.

    `account_id` is the account that has to come of it, where it is one that is there already.
    """

    platform: str
    service_url: str
    redirect_uri: str
    api_key_id: UUID
    account_id: UUID | None = None

    @property
    def server(self) -> Server:
        return Server(self.platform, self.service_url, self.redirect_uri)


FOLLOW_OWNER = account_lease.follow_owner.typed(AccountScope)


class ConnectAttempt(NamedTuple):
    """One attempt of the job; `client` is None before we are registered, and where nobody has to be."""

    sandbox: bool
    asked: ConnectArgs
    secret: Code | Login
    client: Client | None


def check(asked: AccountConnect, *, sandbox: bool, allowed: Allowed) -> tuple[str, Login]:
    """The server to log in at, and with what. Raises `Invalid`."""
    if asked.platform != "bluesky":
        raise Invalid(
            "platform", f"{asked.platform} is connected with POST /v1/projects/{{id}}/social/oauth-url"
        )
    named = SANDBOX_NAMED if sandbox else NAMED
    if not named.fullmatch(asked.identifier):
        raise Invalid("identifier", "must be a handle such as shop.bsky.social, or a DID")
    service_url = servers.of_url(asked.service_url or BSKY, allowed=allowed, path="serviceUrl")
    return service_url, Login(identifier=asked.identifier, password=asked.app_password)


async def submit(
    conn: Conn,
    *,
    organization_id: UUID,
    project_id: UUID,
    asked: ConnectArgs,
    secret: Code | Login,
    keyring: Keyring,
) -> Submitted:
    """The job that finds out whose account it is and keeps it, in a project that is active.

    Raises `NotFound`, `Limited`, `Conflict` PROJECT_ARCHIVED.
    """
    await project_locks.lock_active(conn, organization_id=organization_id, project_id=project_id)
    submitted = await ledger.submit(
        conn,
        kind=CONNECT_ACCOUNT,
        organization_id=organization_id,
        project_id=project_id,
        args=msgspec.to_builtins(asked),
    )
    await job_secrets.keep(
        conn,
        organization_id=organization_id,
        job_id=submitted.job_id,
        secret=msgspec.json.encode(secret),
        keyring=keyring,
    )
    return submitted


async def begin(conn: Conn, *, claim: Claim, keyring: Keyring) -> ConnectAttempt:
    asked = msgspec.convert(claim.args, ConnectArgs)
    sandbox = await organizations.is_sandbox(conn, organization_id=claim.organization_id)
    secret = msgspec.json.decode(
        await job_secrets.reveal(conn, claim=claim, keyring=keyring), type=Code | Login
    )
    client = await client_registrations.open(conn, server=asked.server, keyring=keyring)
    return ConnectAttempt(sandbox, asked, secret, client)


async def finish(
    conn: Conn, *, claim: Claim, attempt: ConnectAttempt, found: Found, grant: Grant, keyring: Keyring
) -> dict[str, Any]:
    """`connect`, as the end of the job, whose lock and project's this transaction has; its result."""
    asked = attempt.asked
    project_id: UUID = claim.project_id  # type: ignore[assignment]  # each of these jobs is a project's
    account_id = await connect(
        conn,
        organization_id=claim.organization_id,
        project_id=project_id,
        api_key_id=asked.api_key_id,
        found=found,
        grant=grant,
        keyring=keyring,
        expected=asked.account_id,
    )
    if attempt.client is not None:
        await client_registrations.prove(conn, server=asked.server, client_id=attempt.client.client_id)
    shown = ids.show(ids.ACCOUNT, account_id)
    return {"socialAccountId": shown, "platform": found.platform, "handle": found.handle}


async def connect(
    conn: Conn,
    *,
    organization_id: UUID,
    project_id: UUID,
    api_key_id: UUID | None,
    found: Found,
    grant: Grant,
    keyring: Keyring,
    expected: UUID | None = None,
) -> UUID:
    """Keep an account that let us in; the same one again keeps its id. The project is locked active.

    Whoever leases it sees it as it is by now. Raises `Conflict` OTHER_ACCOUNT where it is not the `expected`
    one, ACCOUNT_NOT_CONNECTED if that was disconnected meanwhile, ACCOUNT_LEASED where the project leases it.
    """
    if expected is not None:
        await _check_same(conn, organization_id, expected, found)
    new = ids.new()
    account_id: UUID | None = await social_account.connect_account.value(
        conn, org=organization_id, project_id=project_id, id=new, **found._asdict()
    )
    if account_id is None:
        raise accounts.leased(f"the project leases {found.handle}: release it first")
    await credentials.put(
        conn, organization_id=organization_id, account_id=account_id, grant=grant, keyring=keyring
    )
    action = "connected" if account_id == new else "reconnected"
    details = {"platform": found.platform, "handle": found.handle}
    scope = AccountScope(organization_id, account_id)
    await accounts.record(conn, scope, action, details, api_key_id=api_key_id)
    for lessee in await FOLLOW_OWNER.all(conn, owner_id=account_id):
        await accounts.record(conn, lessee, "reconnected", details)
    await account_queue.wake(conn, organization_id=organization_id, account_id=account_id)
    return account_id


async def disconnect(
    conn: Conn, *, organization_id: UUID, account_id: UUID, api_key_id: UUID | None, keyring: Keyring
) -> AccountDisconnected:
    """Disconnect an account for good; a repeat answers the same. From the commit on nothing is sent.

    A job revokes its tokens at the platform, and nobody waits for that. The project's lock keeps out whoever
    schedules: no post comes between the cancel and the end. Raises `NotFound`, `Conflict` ACCOUNT_LEASED:
    of a leased account its lease is ended, and then its owner's may be disconnected.
    """
    found = await accounts.find(conn, organization_id=organization_id, account_id=account_id)
    if found.owner_account_id is not None:
        raise accounts.leased("the account is leased: let it go with DELETE /v1/leased-accounts/{id}")
    await project_locks.lock(
        conn, organization_id=organization_id, project_id=found.project_id, versions=None
    )
    found = await accounts.find(conn, organization_id=organization_id, account_id=account_id)
    canceled = found.canceled_posts
    if canceled is None:
        canceled = await _end(
            conn, AccountScope(organization_id, account_id), found.project_id, keyring, api_key_id
        )
    shown = ids.show(ids.ACCOUNT, account_id)
    return AccountDisconnected(social_account_id=shown, canceled_scheduled_posts=canceled)


async def _end(
    conn: Conn, scope: AccountScope, project_id: UUID, keyring: Keyring, api_key_id: UUID | None
) -> int:
    """Disconnect it; the number of posts canceled.

    The account's row is locked before its credential is read: no refresh comes between, and no lease.
    """
    org, account_id = scope
    canceled = await waiting.cancel_of_account(
        conn, organization_id=org, account_id=account_id, reason=DISCONNECTED
    )
    account = await accounts.lock(conn, organization_id=org, account_id=account_id)
    await offers.check_free(conn, account_id=account_id)
    await token_revocation.submit(conn, scope, project_id=project_id, account=account, keyring=keyring)
    await social_account.disconnect_account.run(conn, org=org, id=account_id, canceled_posts=canceled)
    await credentials.wipe(conn, organization_id=org, account_id=account_id)
    details = {"canceledScheduledPosts": canceled}
    await accounts.record(conn, scope, "disconnected", details, api_key_id=api_key_id)
    return canceled


async def _check_same(conn: Conn, organization_id: UUID, expected: UUID, found: Found) -> None:
    """Else the account's posts would go out from another person's."""
    account = await accounts.lock(conn, organization_id=organization_id, account_id=expected)
    if account.status == "disconnected":
        raise accounts.gone()
    if (account.platform, account.external_id) != (found.platform, found.external_id):
        raise Conflict(
            "OTHER_ACCOUNT", f"{found.handle} let us in, not {account.handle}: nothing was changed"
        )
