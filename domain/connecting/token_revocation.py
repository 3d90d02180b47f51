"""Jobs that revoke a disconnected account's tokens at its platform: their submission and start.

The disconnect deletes the account's credential. Its tokens live on, sealed, with the job.
"""

from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from db.pool import Conn
from db.queries import social_account
from domain.accounts import client_registrations, credentials
from domain.accounts.accounts import AccountAndOrgIds, LockedAccount
from domain.accounts.client_registrations import OAuthClient, PlatformServerRef
from domain.accounts.credentials import TokenGrant
from domain.security import job_secrets
from domain.security.keyring import Keyring
from domain.tenancy import organizations
from jobs import ledger
from jobs.kinds import REVOKE_TOKEN_KIND
from jobs.ledger import JobClaim
from platforms.registry import PLATFORMS_BY_NAME


class TokenRevocationJobInput(NamedTuple):
    """Input of one attempt: the tokens of the disconnected account, and the registration that they belong to.

    `client` is None if the server no longer knows it.
    """

    server: PlatformServerRef
    revocable: TokenGrant
    client: OAuthClient | None


async def submit_token_revocation(
    conn: Conn, scope: AccountAndOrgIds, *, project_id: UUID | None, account: LockedAccount, keyring: Keyring
) -> None:
    """Submit the job that revokes an account's tokens at its platform, in the transaction of the disconnect.

    Call it before the credential is deleted. Submits nothing for a platform without a revocation or for a
    sandbox, where a credential opens nothing. A leased account has no credential of its own.
    """
    org, account_id = scope
    described = PLATFORMS_BY_NAME.get(account.platform)
    if described is None or described.revocation is None:
        return
    if await organizations.is_sandbox_organization(conn, organization_id=org):
        return
    try:
        tokens = await credentials.read_account_tokens(
            conn, organization_id=org, account_id=account_id, keyring=keyring
        )
    except LookupError:
        return
    args = {"platform": account.platform, "service_url": account.service_url, "external_id": account.external_id}
    submitted = await ledger.submit_job(
        conn, kind=REVOKE_TOKEN_KIND, organization_id=org, project_id=project_id, args=args
    )
    revocable = TokenGrant(
        access_token=tokens.access_token,
        refresh_token=tokens.refresh_token,
        redirect_uri=tokens.redirect_uri,
        expires_at=tokens.expires_at,
    )
    secret = msgspec.json.encode(revocable)
    await job_secrets.store_job_secret(
        conn, organization_id=org, job_id=submitted.job_id, secret=secret, keyring=keyring
    )


async def read_token_revocation_job_input(
    conn: Conn, *, claim: JobClaim, keyring: Keyring
) -> TokenRevocationJobInput | None:
    """Return the input of this token revocation job; None if a connection of the account would lose its access.

    All tenants share our application, and some platforms revoke all access at once: there any tenant's connection
    counts. Returns None also for a platform that this release does not have.
    """
    args: dict[str, Any] = claim.args
    if args["platform"] not in PLATFORMS_BY_NAME:
        return None
    ends_other_logins = PLATFORMS_BY_NAME[args["platform"]].revocation == "account"
    if ends_other_logins and await social_account.is_connected.value(conn, **args):
        return None
    secret = await job_secrets.unseal_job_secret(conn, claim=claim, keyring=keyring)
    revocable = msgspec.json.decode(secret, type=TokenGrant)
    server = PlatformServerRef(args["platform"], args["service_url"], revocable.redirect_uri or "")
    client = await client_registrations.read_unsealed_oauth_client(conn, server=server, keyring=keyring)
    return TokenRevocationJobInput(server, revocable, client)
