"""Jobs that connect an account, and disconnecting."""

import re
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from db.pool import Conn
from db.queries import account_lease, social_account
from domain.accounts import accounts, client_registrations, credentials, servers
from domain.accounts.accounts import AccountAndOrgIds, AccountIdentity
from domain.accounts.client_registrations import OAuthClient, PlatformServerRef
from domain.accounts.credentials import TokenGrant
from domain.connecting import token_revocation
from domain.leasing import offers
from domain.publishing import account_queue, waiting
from domain.security import job_secrets
from domain.security.keyring import Keyring
from domain.tenancy import organizations, project_locks
from domain.values.ssrf_guard import AllowedOrigins
from jobs import ledger
from jobs.kinds import CONNECT_ACCOUNT_KIND
from jobs.ledger import JobClaim, SubmittedJob
from platforms.description import PasswordLoginSpec
from platforms.registry import PLATFORMS_BY_NAME
from schemas import ids
from schemas.accounts import AccountConnect, AccountDisconnected
from schemas.errors import InvalidValue, StateConflict

#: Identifiers of a sandbox: the magic ones too.
SANDBOX_ACCOUNT_IDENTIFIER_PATTERN = re.compile(r"[A-Za-z0-9._:%-]+", re.ASCII)

#: Cancel reason of the account's posts.
DISCONNECT_POST_CANCEL_REASON = "account_disconnected"


class ConsentCodeAndVerifier(msgspec.Struct, frozen=True, kw_only=True, tag="Code"):
    """Code from a server's consent page, with its PKCE verifier."""

    code: str
    verifier: str

    def __repr__(self) -> str:
        return "ConsentCodeAndVerifier()"


class HandleAndAppPassword(msgspec.Struct, frozen=True, kw_only=True, tag="Login"):
    """Handle and app password, which connect an account without a consent page."""

    identifier: str
    password: str

    def __repr__(self) -> str:
        return "HandleAndAppPassword()"


class PlatformServerInStoredJson(msgspec.Struct, frozen=True, kw_only=True):
    """Server of a platform in stored JSON, with our redirect URI."""

    platform: str
    service_url: str
    redirect_uri: str

    @property
    def platform_server(self) -> PlatformServerRef:
        return PlatformServerRef(self.platform, self.service_url, self.redirect_uri)


class AccountConnectJobArgs(PlatformServerInStoredJson, frozen=True, kw_only=True):
    """Arguments of a connection's job; none is secret.

    `account_id` is the existing account that the job must authorize.
    """

    api_key_id: UUID
    account_id: UUID | None = None


RECONNECT_LEASE_OF_OWNER_ACCOUNT = account_lease.follow_owner.typed(AccountAndOrgIds)


class AccountConnectJobInput(NamedTuple):
    """Input of one attempt; `client` is None before our registration, and for platforms without one."""

    sandbox: bool
    asked: AccountConnectJobArgs
    secret: ConsentCodeAndVerifier | HandleAndAppPassword
    client: OAuthClient | None


def check_app_password_request(
    asked: AccountConnect, *, sandbox: bool, allowed: AllowedOrigins
) -> tuple[str, HandleAndAppPassword]:
    """Check a request to connect by an app password; return the server's address and the credentials.

    Only their form is checked, without a call. Raises `InvalidValue`, also for a platform with a consent page.
    """
    described = PLATFORMS_BY_NAME[asked.platform].login
    if not isinstance(described, PasswordLoginSpec):
        raise InvalidValue("platform", f"{asked.platform} is connected with POST /v1/projects/{{id}}/social/oauth-url")
    pattern = SANDBOX_ACCOUNT_IDENTIFIER_PATTERN if sandbox else described.identifier
    if not pattern.fullmatch(asked.identifier):
        raise InvalidValue("identifier", f"must be {described.formats}")
    service_url = servers.normalize_account_server(
        asked.service_url or described.server, allowed=allowed, path="serviceUrl"
    )
    return service_url, HandleAndAppPassword(identifier=asked.identifier, password=asked.app_password)


async def submit_account_connect(
    conn: Conn,
    *,
    organization_id: UUID,
    project_id: UUID,
    asked: AccountConnectJobArgs,
    secret: ConsentCodeAndVerifier | HandleAndAppPassword,
    keyring: Keyring,
) -> SubmittedJob:
    """Submit the job that identifies an account and stores it, with `secret` sealed; the lock keeps the project active.

    Raises `ObjectNotFound`, `LimitReached`, `StateConflict` PROJECT_ARCHIVED.
    """
    await project_locks.lock_active_project(conn, organization_id=organization_id, project_id=project_id)
    submitted = await ledger.submit_job(
        conn,
        kind=CONNECT_ACCOUNT_KIND,
        organization_id=organization_id,
        project_id=project_id,
        args=msgspec.to_builtins(asked),
    )
    await job_secrets.store_job_secret(
        conn,
        organization_id=organization_id,
        job_id=submitted.job_id,
        secret=msgspec.json.encode(secret),
        keyring=keyring,
    )
    return submitted


async def read_account_connect_job_input(conn: Conn, *, claim: JobClaim, keyring: Keyring) -> AccountConnectJobInput:
    asked = msgspec.convert(claim.args, AccountConnectJobArgs)
    sandbox = await organizations.is_sandbox_organization(conn, organization_id=claim.organization_id)
    secret = msgspec.json.decode(
        await job_secrets.unseal_job_secret(conn, claim=claim, keyring=keyring),
        type=ConsentCodeAndVerifier | HandleAndAppPassword,
    )
    client = await client_registrations.read_unsealed_oauth_client(conn, server=asked.platform_server, keyring=keyring)
    return AccountConnectJobInput(sandbox, asked, secret, client)


async def finish_account_connect(
    conn: Conn,
    *,
    claim: JobClaim,
    attempt: AccountConnectJobInput,
    found: AccountIdentity,
    grant: TokenGrant,
    keyring: Keyring,
) -> dict[str, Any]:
    """Store the account that a person authorized, at the end of the connect job; return the job's result.

    The caller locked the project and the job.
    """
    args = attempt.asked
    project_id: UUID = claim.project_id  # type: ignore[assignment]  # each of these jobs is a project's
    account_id = await store_connected_account(
        conn,
        organization_id=claim.organization_id,
        project_id=project_id,
        api_key_id=args.api_key_id,
        found=found,
        grant=grant,
        keyring=keyring,
        expected=args.account_id,
    )
    if attempt.client is not None:
        await client_registrations.mark_oauth_client_lasting(
            conn, server=args.platform_server, client_id=attempt.client.client_id
        )
    shown_id = ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, account_id)
    return {"socialAccountId": shown_id, "platform": found.platform, "handle": found.handle}


async def store_connected_account(
    conn: Conn,
    *,
    organization_id: UUID,
    project_id: UUID,
    api_key_id: UUID | None,
    found: AccountIdentity,
    grant: TokenGrant,
    keyring: Keyring,
    expected: UUID | None = None,
) -> UUID:
    """Store an authorized account with its tokens and return its id; a known account keeps its id.

    Reconnects its leases, and wakes its waiting posts. The caller locked the project as active. Raises
    `StateConflict` OTHER_ACCOUNT if it is not the `expected` one, ACCOUNT_NOT_CONNECTED if that was disconnected
    meanwhile, ACCOUNT_LEASED if the project leases it.
    """
    if expected is not None:
        await _check_expected_account(conn, organization_id, expected, found)
    new = ids.new_uuid7()
    account_id: UUID | None = await social_account.connect_account.value(
        conn, org=organization_id, project_id=project_id, id=new, **found._asdict()
    )
    if account_id is None:
        raise accounts.account_leased_error(f"the project leases {found.handle}: release it first")
    await credentials.store_tokens_at_connect(
        conn, organization_id=organization_id, account_id=account_id, grant=grant, keyring=keyring
    )
    action = "connected" if account_id == new else "reconnected"
    details = {"platform": found.platform, "handle": found.handle}
    scope = AccountAndOrgIds(organization_id, account_id)
    await accounts.audit_account_action(conn, scope, action, details, api_key_id=api_key_id)
    for lessee in await RECONNECT_LEASE_OF_OWNER_ACCOUNT.all(conn, owner_id=account_id):
        await accounts.audit_account_action(conn, lessee, "reconnected", details)
    await account_queue.wake_account_posts(conn, organization_id=organization_id, account_id=account_id)
    return account_id


async def disconnect_account(
    conn: Conn, *, organization_id: UUID, account_id: UUID, api_key_id: UUID | None, keyring: Keyring
) -> AccountDisconnected:
    """Disconnect an account for good and cancel its waiting posts; a repeat returns the same answer.

    No post is sent after the commit. A job revokes the tokens at the platform later. The project's lock
    excludes scheduling: no post appears between the cancel and the end. Raises `ObjectNotFound`, and
    `StateConflict` ACCOUNT_LEASED for a lease and for an account with one.
    """
    row = await accounts.find_account_row(conn, organization_id=organization_id, account_id=account_id)
    if row.owner_account_id is not None:
        raise accounts.account_leased_error("the account is leased: let it go with DELETE /v1/leased-accounts/{id}")
    await project_locks.lock_project_version(
        conn, organization_id=organization_id, project_id=row.project_id, versions=None
    )
    row = await accounts.find_account_row(conn, organization_id=organization_id, account_id=account_id)
    canceled = row.canceled_posts
    if canceled is None:
        canceled = await _cancel_posts_and_disconnect_account(
            conn, AccountAndOrgIds(organization_id, account_id), row.project_id, keyring, api_key_id
        )
    shown_id = ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, account_id)
    return AccountDisconnected(social_account_id=shown_id, canceled_scheduled_posts=canceled)


async def _cancel_posts_and_disconnect_account(
    conn: Conn, scope: AccountAndOrgIds, project_id: UUID, keyring: Keyring, api_key_id: UUID | None
) -> int:
    """Disconnect an account and cancel its waiting posts, in a locked project; return the number of canceled posts.

    Locks the account's row before it reads the credential, which excludes refreshes and leases.
    """
    org, account_id = scope
    canceled = await waiting.cancel_waiting_posts_of_account(
        conn, organization_id=org, account_id=account_id, reason=DISCONNECT_POST_CANCEL_REASON
    )
    account = await accounts.lock_account(conn, organization_id=org, account_id=account_id)
    await offers.check_account_unleased(conn, account_id=account_id)
    await token_revocation.submit_token_revocation(conn, scope, project_id=project_id, account=account, keyring=keyring)
    await social_account.disconnect_account.run(conn, org=org, id=account_id, canceled_posts=canceled)
    await credentials.delete_account_tokens(conn, organization_id=org, account_id=account_id)
    details = {"canceledScheduledPosts": canceled}
    await accounts.audit_account_action(conn, scope, "disconnected", details, api_key_id=api_key_id)
    return canceled


async def _check_expected_account(conn: Conn, organization_id: UUID, expected: UUID, found: AccountIdentity) -> None:
    """Raise `StateConflict` OTHER_ACCOUNT if the authorized account `found` isn't the `expected` one.

    Posts of the expected account must not go out from another one. Raises ACCOUNT_NOT_CONNECTED if the expected
    account was disconnected.
    """
    account = await accounts.lock_account(conn, organization_id=organization_id, account_id=expected)
    if account.status == "disconnected":
        raise accounts.account_not_connected_error()
    if (account.platform, account.external_id) != (found.platform, found.external_id):
        raise StateConflict("OTHER_ACCOUNT", f"{found.handle} was connected, not {account.handle}: nothing was changed")
