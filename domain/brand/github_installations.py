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
from domain.oauth.oauth_states import OAuthFlow
from domain.security import job_secrets
from domain.security.keyring import Keyring
from domain.tenancy import audit, organizations
from domain.tenancy.api_keys import Principal
from jobs import ledger
from jobs.kinds import CONNECT_GITHUB, LIST_GITHUB_REPOS
from jobs.ledger import Claim, SubmittedJob
from schemas.errors import Conflict
from schemas.errors.absent import present
from schemas.github import GitHubDisconnected, GitHubInstallation, GitHubRepo, GitHubRepos, InstallUrl
from schemas.settings import Settings

LIFETIME = timedelta(minutes=15)
FRESH = timedelta(seconds=60)

#: Parameters that GitHub's pages would append to our callback; a sandbox's flow skips those pages.
SANDBOX_CALLBACK = {"code": "ok", "installation_id": "1", "setup_action": "install"}


class Installation(NamedTuple):
    """Installation that GitHub lists for a person."""

    installation_id: int
    account_login: str


class InstallationAttempt(NamedTuple):
    """Input of one attempt to connect."""

    sandbox: bool
    code: str


class InstallationRow(NamedTuple):
    """Installation of an organization; `listed_at` is None until its repositories are listed."""

    installation_id: int
    account_login: str
    repositories: list[dict[str, Any]]
    listed_at: datetime | None
    connected_at: datetime


GET_INSTALLATION = github_installation.get_installation.typed(InstallationRow)
FORGET_INSTALLATION = github_installation.forget_installation.typed(Installation)


async def start(
    conn: Conn, *, settings: Settings, principal: Principal, return_url: str, now: datetime
) -> InstallUrl:
    """Create a link to GitHub's page. Raises `Invalid`, `NotReturnable`, `Conflict` GITHUB_NOT_CONFIGURED."""
    checked = return_urls.check(return_url, origins=principal.return_origins)
    if not principal.sandbox:
        _app_page(settings)
    state, expires_at = await oauth_states.create_oauth_state(
        conn,
        organization_id=principal.organization_id,
        api_key_id=principal.key_uuid,
        purpose=CONNECT_GITHUB.name,
        return_url=checked,
        now=now,
        lifetime=LIFETIME,
        bound=not principal.sandbox,
    )
    url = _link(settings, state, sandbox=principal.sandbox)
    return InstallUrl(install_url=url, state=state, expires_at=expires_at)


async def follow_link(conn: Conn, *, settings: Settings, state: str, now: datetime) -> str:
    """Return GitHub's page for our link. Raises `Invalid`, `Conflict` GITHUB_NOT_CONFIGURED."""
    await oauth_states.find(conn, state=state, purpose=CONNECT_GITHUB.name, now=now)
    return f"{_app_page(settings)}/installations/new?{urlencode({'state': state})}"


async def handle_callback(
    conn: Conn,
    *,
    state: str,
    code: str | None,
    installation_id: int | None,
    setup_action: str | None,
    same_browser: bool,
    now: datetime,
    keyring: Keyring,
) -> tuple[OAuthFlow, SubmittedJob | None]:
    """Use up the state, and submit a job that uses the code. Raises `Invalid`, `Limited`.

    If an owner approves another person's request later, the callback has no state, or the used state of that
    request.
    """
    flow, _ = await oauth_states.use_up_state(
        conn, state=state, purpose=CONNECT_GITHUB.name, now=now, keyring=keyring
    )
    failure = oauth_states.browser_failure(flow, same_browser=same_browser)
    if code and installation_id and failure is None:
        return flow, await _submit_connect(
            conn, flow, code=code, installation_id=installation_id, keyring=keyring
        )
    requested = setup_action == "request" and failure is None
    await oauth_states.end_oauth_flow(
        conn, flow, outcome="requested" if requested else "failed", error=failure
    )
    return flow, None


def _app_page(settings: Settings) -> str:
    if not settings.github_app_slug:
        raise Conflict("GITHUB_NOT_CONFIGURED", "GitHub is not set up on this server: ask its operator")
    return f"{settings.github_url.rstrip('/')}/apps/{settings.github_app_slug}"


def _link(settings: Settings, state: str, *, sandbox: bool) -> str:
    """Return our link for a person's browser; in a sandbox it leads straight to the callback."""
    base_url = f"{settings.public_url.rstrip('/')}/v1/github"
    if sandbox:
        return f"{base_url}/callback?{urlencode({**SANDBOX_CALLBACK, 'state': state})}"
    return f"{base_url}/install?{urlencode({'state': state})}"


async def _submit_connect(
    conn: Conn, flow: OAuthFlow, *, code: str, installation_id: int, keyring: Keyring
) -> SubmittedJob:
    """Submit the job that checks the code's installations. Raises `Limited`."""
    submitted = await ledger.submit(
        conn,
        kind=CONNECT_GITHUB,
        organization_id=flow.organization_id,
        project_id=None,
        args={"installation_id": installation_id, "api_key_id": str(flow.api_key_id)},
    )
    await job_secrets.keep_job_secret(
        conn,
        organization_id=flow.organization_id,
        job_id=submitted.job_id,
        secret=code.encode(),
        keyring=keyring,
    )
    await oauth_states.give_to_job(conn, flow, job_id=submitted.job_id)
    return submitted


async def begin(conn: Conn, *, claim: Claim, keyring: Keyring) -> InstallationAttempt:
    sandbox = await organizations.is_sandbox(conn, organization_id=claim.organization_id)
    secret = await job_secrets.reveal(conn, claim=claim, keyring=keyring)
    return InstallationAttempt(sandbox, secret.decode())


async def store_installation(conn: Conn, *, claim: Claim, proved: Installation) -> dict[str, Any]:
    """Store a proved installation, which replaces an earlier one; return the job's result."""
    await github_installation.put_installation.run(
        conn,
        org=claim.organization_id,
        installation_id=proved.installation_id,
        account_login=proved.account_login,
    )
    maker = UUID(claim.args["api_key_id"])
    await _record(conn, claim.organization_id, maker, "connected", proved)
    return {"installationId": proved.installation_id, "accountLogin": proved.account_login}


async def get(conn: Conn, *, organization_id: UUID) -> GitHubInstallation:
    """Return an organization's installation; raises `NotFound`."""
    row = await _row(conn, organization_id)
    return GitHubInstallation(
        installation_id=row.installation_id, account_login=row.account_login, connected_at=row.connected_at
    )


async def find(conn: Conn, *, organization_id: UUID) -> Installation | None:
    """Return the GitHub installation that an organization's ingests may use; None if none is connected."""
    row = await GET_INSTALLATION.one(conn, org=organization_id)
    return None if row is None else Installation(row.installation_id, row.account_login)


async def disconnect(conn: Conn, *, organization_id: UUID, api_key_id: UUID) -> GitHubDisconnected:
    """Disconnect: after the commit, ingests can read only public repositories. Raises `NotFound`."""
    row = present(
        await FORGET_INSTALLATION.one(conn, org=organization_id, installation_id=None), "github_installation"
    )
    await _record(conn, organization_id, api_key_id, "disconnected", row)
    return GitHubDisconnected(installation_id=row.installation_id, account_login=row.account_login)


async def forget(conn: Conn, *, organization_id: UUID, installation_id: int) -> None:
    """Delete an installation that GitHub has uninstalled, unless another one is connected by now."""
    row = await FORGET_INSTALLATION.one(conn, org=organization_id, installation_id=installation_id)
    if row is not None:
        await _record(conn, organization_id, None, "uninstalled", row)


async def delete_uninstalled(conn: Conn, *, claim: Claim) -> dict[str, Any]:
    """Delete an uninstalled installation as the end of the job that detected it."""
    installation_id: int = claim.args["installation_id"]
    await forget(conn, organization_id=claim.organization_id, installation_id=installation_id)
    return {"gone": installation_id}


async def list_repos(conn: Conn, *, organization_id: UUID) -> GitHubRepos:
    """Return the repositories of the last listing. Raises `NotFound`."""
    row = await _row(conn, organization_id)
    repositories = msgspec.convert(row.repositories, list[GitHubRepo])
    return GitHubRepos(as_of=row.listed_at, repositories=repositories)


async def submit_repo_listing(conn: Conn, *, organization_id: UUID, now: datetime) -> SubmittedJob | None:
    """Submit a listing job, one at a time; None while the list is fresh. Raises `NotFound`.

    Before it judges an old list, waits for a listing job that is just ending. Locks that job's row, not the
    list's: a transaction that ends a job also locks the list second.
    """
    row = await _row(conn, organization_id)
    if not _is_fresh(row, now):
        await github_installation.lock_list_job.value(conn, org=organization_id, unique_key=_list_key(row))
        row = await _row(conn, organization_id)
    if _is_fresh(row, now):
        return None
    return await ledger.submit(
        conn,
        kind=LIST_GITHUB_REPOS,
        organization_id=organization_id,
        project_id=None,
        args={"installation_id": row.installation_id},
        unique_key=_list_key(row),
    )


async def keep_list(conn: Conn, *, claim: Claim, repositories: Sequence[GitHubRepo]) -> dict[str, Any]:
    """Store the list unless another installation was connected meanwhile; return the job's result.

    Every repository belongs to the account, so any of them has its current login.
    """
    await github_installation.keep_list.run(
        conn,
        org=claim.organization_id,
        installation_id=claim.args["installation_id"],
        account_login=repositories[0].full_name.partition("/")[0] if repositories else None,
        repositories=sorted(repositories, key=lambda repo: repo.full_name.lower()),
    )
    return {"repositories": len(repositories)}


def _list_key(row: InstallationRow) -> str:
    return f"github_repos:{row.installation_id}"


def _is_fresh(row: InstallationRow, now: datetime) -> bool:
    return row.listed_at is not None and now - row.listed_at < FRESH


async def _row(conn: Conn, organization_id: UUID) -> InstallationRow:
    return present(await GET_INSTALLATION.one(conn, org=organization_id), "github_installation")


async def _record(
    conn: Conn, organization_id: UUID, api_key_id: UUID | None, action: str, installation: Installation
) -> None:
    await audit.record(
        conn,
        organization_id=organization_id,
        api_key_id=api_key_id,
        action=f"github_installation.{action}",
        subject=str(installation.installation_id),
        details={"accountLogin": installation.account_login},
    )
