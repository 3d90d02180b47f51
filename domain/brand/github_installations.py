"""GitHub App installations: one for each organization, proved by a person's OAuth code.

An installation id alone proves nothing: anyone can type one. GitHub lists the installations of the person
with the code, and only these can be connected.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from db.pool import Conn
from db.queries import github_installation
from domain.oauth import oauth_states, return_urls
from domain.oauth.oauth_states import StoredOAuthFlow
from domain.security import job_secrets
from domain.security.keyring import Keyring
from domain.tenancy import audit, organizations
from domain.tenancy.api_keys import Principal
from jobs import ledger
from jobs.kinds import CONNECT_GITHUB_KIND, LIST_GITHUB_REPOS_KIND
from jobs.ledger import JobClaim, SubmittedJob
from schemas.errors import StateConflict
from schemas.errors.absent import require_found
from schemas.github import GitHubDisconnected, GitHubInstallation, GitHubRepo, GitHubRepos, InstallUrl
from schemas.settings import Settings

GITHUB_INSTALL_LINK_LIFETIME = timedelta(minutes=15)
MAX_FRESH_GITHUB_REPO_LIST_AGE = timedelta(seconds=60)

#: Parameters that GitHub's pages would append to our callback; a sandbox's flow skips those pages.
SANDBOX_GITHUB_CALLBACK_PARAMETERS = {"code": "ok", "installation_id": "1", "setup_action": "install"}


class GitHubAppInstallation(NamedTuple):
    """Installation that GitHub lists for a person."""

    installation_id: int
    account_login: str


class GitHubConnectJobInput(NamedTuple):
    """Input of one attempt to connect."""

    sandbox: bool
    code: str


class GitHubInstallationRow(NamedTuple):
    """Installation of an organization; `listed_at` is None until its repositories are listed."""

    installation_id: int
    account_login: str
    repositories: list[dict[str, Any]]
    listed_at: datetime | None
    connected_at: datetime


GET_GITHUB_INSTALLATION = github_installation.get_installation.typed(GitHubInstallationRow)
DELETE_GITHUB_INSTALLATION = github_installation.forget_installation.typed(GitHubAppInstallation)


async def create_github_install_link(
    conn: Conn, *, settings: Settings, principal: Principal, return_url: str, now: datetime
) -> InstallUrl:
    """Create a link by which a person installs our GitHub App; return it with its state and expiry.

    Raises `InvalidValue`, `ReturnUrlRefused`, `StateConflict` GITHUB_NOT_CONFIGURED.
    """
    checked = return_urls.check_return_url(return_url, origins=principal.return_origins)
    if not principal.sandbox:
        _our_github_app_page_url(settings)
    state, expires_at = await oauth_states.create_oauth_state(
        conn,
        organization_id=principal.organization_id,
        api_key_id=principal.key_uuid,
        purpose=CONNECT_GITHUB_KIND.name,
        return_url=checked,
        now=now,
        lifetime=GITHUB_INSTALL_LINK_LIFETIME,
        bound=not principal.sandbox,
    )
    url = _our_github_install_link(settings, state, sandbox=principal.sandbox)
    return InstallUrl(install_url=url, state=state, expires_at=expires_at)


async def github_install_page_url(conn: Conn, *, settings: Settings, state: str, now: datetime) -> str:
    """Return the address of GitHub's page that installs our App, for the state of a followed link.

    Raises `InvalidValue` for an unusable state, `StateConflict` GITHUB_NOT_CONFIGURED.
    """
    await oauth_states.find_oauth_flow(conn, state=state, purpose=CONNECT_GITHUB_KIND.name, now=now)
    return f"{_our_github_app_page_url(settings)}/installations/new?{urlencode({'state': state})}"


async def handle_github_install_callback(
    conn: Conn,
    *,
    state: str,
    code: str | None,
    installation_id: int | None,
    setup_action: str | None,
    same_browser: bool,
    now: datetime,
    keyring: Keyring,
) -> tuple[StoredOAuthFlow, SubmittedJob | None]:
    """Handle GitHub's redirect after an installation: use up the state, and submit a job that uses the code.

    Returns the flow and the job. The flow ends without a job if the redirect has no code or no installation, or comes
    by another browser. Raises `InvalidValue`, `LimitReached`.

    If an owner approves another person's request later, the callback has no state, or the used state of that request.
    """
    flow, _ = await oauth_states.use_up_oauth_state(
        conn, state=state, purpose=CONNECT_GITHUB_KIND.name, now=now, keyring=keyring
    )
    failure = oauth_states.find_oauth_browser_mismatch_error(flow, same_browser=same_browser)
    if code and installation_id and failure is None:
        return flow, await _submit_github_connect_job(
            conn, flow, code=code, installation_id=installation_id, keyring=keyring
        )
    requested = setup_action == "request" and failure is None
    await oauth_states.store_oauth_outcome(conn, flow, outcome="requested" if requested else "failed", error=failure)
    return flow, None


def _our_github_app_page_url(settings: Settings) -> str:
    if not settings.github_app_slug:
        raise StateConflict("GITHUB_NOT_CONFIGURED", "GitHub is not set up on this server: ask its operator")
    return f"{settings.github_url.rstrip('/')}/apps/{settings.github_app_slug}"


def _our_github_install_link(settings: Settings, state: str, *, sandbox: bool) -> str:
    """Return the address of our link to install the GitHub App; in a sandbox, that of our callback."""
    base_url = f"{settings.public_url.rstrip('/')}/v1/github"
    if sandbox:
        return f"{base_url}/callback?{urlencode({**SANDBOX_GITHUB_CALLBACK_PARAMETERS, 'state': state})}"
    return f"{base_url}/install?{urlencode({'state': state})}"


async def _submit_github_connect_job(
    conn: Conn, flow: StoredOAuthFlow, *, code: str, installation_id: int, keyring: Keyring
) -> SubmittedJob:
    """Submit the job that proves a GitHub installation by a code and connects it; return it. Raises `LimitReached`."""
    submitted = await ledger.submit_job(
        conn,
        kind=CONNECT_GITHUB_KIND,
        organization_id=flow.organization_id,
        project_id=None,
        args={"installation_id": installation_id, "api_key_id": str(flow.api_key_id)},
    )
    await job_secrets.store_job_secret(
        conn, organization_id=flow.organization_id, job_id=submitted.job_id, secret=code.encode(), keyring=keyring
    )
    await oauth_states.bind_oauth_flow_to_job(conn, flow, job_id=submitted.job_id)
    return submitted


async def read_github_connect_job_input(conn: Conn, *, claim: JobClaim, keyring: Keyring) -> GitHubConnectJobInput:
    sandbox = await organizations.is_sandbox_organization(conn, organization_id=claim.organization_id)
    secret = await job_secrets.unseal_job_secret(conn, claim=claim, keyring=keyring)
    return GitHubConnectJobInput(sandbox, secret.decode())


async def store_github_installation(conn: Conn, *, claim: JobClaim, proved: GitHubAppInstallation) -> dict[str, Any]:
    """Store an organization's proved GitHub installation, which replaces an earlier one; return the job's result."""
    await github_installation.put_installation.run(
        conn, org=claim.organization_id, installation_id=proved.installation_id, account_login=proved.account_login
    )
    maker = UUID(claim.args["api_key_id"])
    await _audit_github_installation_action(conn, claim.organization_id, maker, "connected", proved)
    return {"installationId": proved.installation_id, "accountLogin": proved.account_login}


async def read_github_installation(conn: Conn, *, organization_id: UUID) -> GitHubInstallation:
    """Return an organization's GitHub installation. Raises `ObjectNotFound` without one."""
    row = await _get_github_installation_row(conn, organization_id)
    return GitHubInstallation(
        installation_id=row.installation_id, account_login=row.account_login, connected_at=row.connected_at
    )


async def find_organization_github_installation(conn: Conn, *, organization_id: UUID) -> GitHubAppInstallation | None:
    """Return the GitHub installation that an organization's ingests may use; None if none is connected."""
    row = await GET_GITHUB_INSTALLATION.one(conn, org=organization_id)
    return None if row is None else GitHubAppInstallation(row.installation_id, row.account_login)


async def disconnect_github_installation(conn: Conn, *, organization_id: UUID, api_key_id: UUID) -> GitHubDisconnected:
    """Disconnect and return a GitHub installation: ingests read only public repositories. Raises `ObjectNotFound`."""
    row = require_found(
        await DELETE_GITHUB_INSTALLATION.one(conn, org=organization_id, installation_id=None), "github_installation"
    )
    await _audit_github_installation_action(conn, organization_id, api_key_id, "disconnected", row)
    return GitHubDisconnected(installation_id=row.installation_id, account_login=row.account_login)


async def delete_uninstalled_github_app(conn: Conn, *, organization_id: UUID, installation_id: int) -> None:
    """Delete a GitHub installation that GitHub has uninstalled, unless another one is connected by now."""
    row = await DELETE_GITHUB_INSTALLATION.one(conn, org=organization_id, installation_id=installation_id)
    if row is not None:
        await _audit_github_installation_action(conn, organization_id, None, "uninstalled", row)


async def delete_gone_github_installation(conn: Conn, *, claim: JobClaim) -> dict[str, Any]:
    """Delete a GitHub installation at the end of the job that found it uninstalled; return the job's result."""
    installation_id: int = claim.args["installation_id"]
    await delete_uninstalled_github_app(conn, organization_id=claim.organization_id, installation_id=installation_id)
    return {"gone": installation_id}


async def read_installation_repo_list(conn: Conn, *, organization_id: UUID) -> GitHubRepos:
    """Return the stored list of repositories of an organization's GitHub installation, with the list's time.

    Before the first listing it is empty, and its time None. Raises `ObjectNotFound` without an installation.
    """
    row = await _get_github_installation_row(conn, organization_id)
    repositories = msgspec.convert(row.repositories, list[GitHubRepo])
    return GitHubRepos(as_of=row.listed_at, repositories=repositories)


async def submit_github_repo_listing(conn: Conn, *, organization_id: UUID, now: datetime) -> SubmittedJob | None:
    """Submit the job that lists a GitHub installation's repositories, one at a time; None while the list is fresh.

    Before it judges an old list, waits for a listing job that is just ending. Locks that job's row, not the
    list's: a transaction that ends a job also locks the list second. Raises `ObjectNotFound`.
    """
    row = await _get_github_installation_row(conn, organization_id)
    if not _is_github_repo_list_fresh(row, now):
        await github_installation.lock_list_job.value(conn, org=organization_id, unique_key=_github_repos_job_key(row))
        row = await _get_github_installation_row(conn, organization_id)
    if _is_github_repo_list_fresh(row, now):
        return None
    return await ledger.submit_job(
        conn,
        kind=LIST_GITHUB_REPOS_KIND,
        organization_id=organization_id,
        project_id=None,
        args={"installation_id": row.installation_id},
        unique_key=_github_repos_job_key(row),
    )


async def store_github_repos(conn: Conn, *, claim: JobClaim, repositories: Sequence[GitHubRepo]) -> dict[str, Any]:
    """Store the repositories that a job listed, unless another installation was connected meanwhile.

    Returns the job's result. Every repository belongs to the account, so any of them has its current login.
    """
    await github_installation.keep_list.run(
        conn,
        org=claim.organization_id,
        installation_id=claim.args["installation_id"],
        account_login=repositories[0].full_name.partition("/")[0] if repositories else None,
        repositories=sorted(repositories, key=lambda repo: repo.full_name.lower()),
    )
    return {"repositories": len(repositories)}


def _github_repos_job_key(row: GitHubInstallationRow) -> str:
    return f"github_repos:{row.installation_id}"


def _is_github_repo_list_fresh(row: GitHubInstallationRow, now: datetime) -> bool:
    return row.listed_at is not None and now - row.listed_at < MAX_FRESH_GITHUB_REPO_LIST_AGE


async def _get_github_installation_row(conn: Conn, organization_id: UUID) -> GitHubInstallationRow:
    return require_found(await GET_GITHUB_INSTALLATION.one(conn, org=organization_id), "github_installation")


async def _audit_github_installation_action(
    conn: Conn, organization_id: UUID, api_key_id: UUID | None, action: str, installation: GitHubAppInstallation
) -> None:
    await audit.write_audit_entry(
        conn,
        organization_id=organization_id,
        api_key_id=api_key_id,
        action=f"github_installation.{action}",
        subject=str(installation.installation_id),
        details={"accountLogin": installation.account_login},
    )
