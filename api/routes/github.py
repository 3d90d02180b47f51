"""Installations of the GitHub App, and the repositories they can access. Calls to GitHub run in a job."""

from functools import partial
from typing import Annotated

from litestar import Response, delete, get, post
from litestar.params import JSONBody, QueryParameter

from api.guard import build_route_options
from api.http import oauth_return
from api.http.idempotency import WriteReply, run_idempotent_write, run_idempotent_write_without_wakes
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from db.pool import Conn
from domain.brand import github_installations
from domain.oauth.oauth_states import StoredOAuthFlow
from jobs.ledger import SubmittedJob
from schemas.github import GitHubDisconnected, GitHubInstallation, GitHubRepos, InstallUrl, InstallUrlCreate

#: Maximum seconds that the list of repositories waits for its job.
MAX_REPO_LIST_WAIT_S = 5.0

GitHubInstallLinkState = Annotated[
    str, QueryParameter(name="state", description="The `state` from `install-url`.", max_length=100)
]
GitHubReturnedState = Annotated[
    str,
    QueryParameter(
        name="state",
        description="The `state` from `install-url`. GitHub sends none for a flow without that link.",
        max_length=100,
    ),
]
GitHubUserCode = Annotated[str | None, QueryParameter(description="GitHub's code of the user.", max_length=500)]
GitHubInstallationNumber = Annotated[
    int | None,
    QueryParameter(name="installation_id", description="GitHub's id of the installation.", ge=1, le=2**63 - 1),
]
GitHubSetupAction = Annotated[
    str | None,
    QueryParameter(name="setup_action", description="`install`, `update`, or `request` to an owner.", max_length=20),
]


@post("/github/install-url", opt=build_route_options("ingest:write", RateClass.WRITE_LIGHT, 409), status_code=201)
async def create_github_install_url(request: ApiRequest, data: JSONBody[InstallUrlCreate]) -> Response[InstallUrl]:
    """Create a link to GitHub's installation page for one person, valid for 15 minutes and one use.

    Send the person to `installUrl`, which redirects to GitHub. There they install the App, or select its
    repositories, and return to `returnUrl` with a `status`: `connected`, `pending` (not finished within some
    seconds, or an owner has to approve) or `failed`.
    """

    async def create(conn: Conn) -> WriteReply[InstallUrl]:
        link = await github_installations.create_github_install_link(
            conn,
            settings=request.services.settings,
            principal=request.principal,
            return_url=data.return_url,
            now=request.services.clock(),
        )
        return WriteReply(link, status=201, secret=True)

    return await run_idempotent_write(request, create)


@get("/v1/github/install", status_code=302, opt={"refusals": (409, 422, 503)})
async def github_install(request: ApiRequest, followed: GitHubInstallLinkState) -> Response[None]:
    """Redirect from an installation link to GitHub's pages.

    A cookie ensures that the same browser returns.
    """
    services = request.services
    async with request.acquire_connection() as conn:
        page = await github_installations.github_install_page_url(
            conn, settings=services.settings, state=followed, now=services.clock()
        )
    back, lasts = oauth_return.GITHUB_CALLBACK_PATH, github_installations.GITHUB_INSTALL_LINK_LIFETIME
    return oauth_return.redirect_to_consent_page(request, page, state=followed, back=back, lasts=lasts)


@get(oauth_return.GITHUB_CALLBACK_PATH, status_code=302, opt={"refusals": (422, 429, 503)})
async def github_callback(
    request: ApiRequest,
    returned: GitHubReturnedState = "",
    *,
    code: GitHubUserCode = None,
    installation_id: GitHubInstallationNumber = None,
    setup_action: GitHubSetupAction = None,
) -> Response[None]:
    """Receive a person from GitHub; redirects to the state's `returnUrl`, with `status` and `state`.

    The status is `failed` in another browser than the one that followed `installUrl`. A person from a page
    that GitHub opened by itself, such as an owner who approves a request, has no state: the answer is 422,
    and nothing changes.
    """

    async def use(conn: Conn) -> tuple[StoredOAuthFlow, SubmittedJob | None]:
        return await github_installations.handle_github_install_callback(
            conn,
            state=returned,
            code=code,
            installation_id=installation_id,
            setup_action=setup_action,
            same_browser=oauth_return.has_oauth_flow_cookie(request, returned),
            now=request.services.clock(),
            keyring=request.services.vault,
        )

    flow, submitted = await request.run_transaction(use)
    return await oauth_return.redirect_to_return_url(request, flow, submitted, state=returned)


@get("/github/installation", opt=build_route_options("projects:read", RateClass.READ_LIGHT, 404))
async def get_github_installation(request: ApiRequest) -> GitHubInstallation:
    """Return the organization's installation of the GitHub App; 404 if there is none."""
    async with request.acquire_connection() as conn:
        return await github_installations.read_github_installation(conn, organization_id=request.organization_id)


@delete("/github/installation", opt=build_route_options("ingest:write", RateClass.WRITE_LIGHT, 404), status_code=200)
async def delete_github_installation(request: ApiRequest) -> Response[GitHubDisconnected]:
    """Disconnect the GitHub App's installation: new ingests can read only public repositories."""
    who = request.principal
    return await run_idempotent_write_without_wakes(
        request,
        lambda conn: github_installations.disconnect_github_installation(
            conn, organization_id=who.organization_id, api_key_id=who.key_uuid
        ),
    )


@get("/github/repos", opt=build_route_options("projects:read", RateClass.READ_LIGHT, 404))
async def list_github_repos(request: ApiRequest) -> GitHubRepos:
    """List the installation's repositories. A list older than 60 s is refreshed first, for at most 5 s."""
    organization_id = request.organization_id
    now = request.services.clock()
    submitted = await request.run_transaction(
        partial(github_installations.submit_github_repo_listing, organization_id=organization_id, now=now)
    )
    if submitted is not None:
        if submitted.wake:
            await request.services.courier.send_or_queue_wake(submitted.wake)
        await oauth_return.wait_in_request_for_job_end(
            request, (organization_id, submitted.job_id), within_s=MAX_REPO_LIST_WAIT_S
        )
    async with request.acquire_connection() as conn:
        return await github_installations.read_installation_repo_list(conn, organization_id=organization_id)


#: Without a key: the state identifies the caller.
KEYLESS_ROUTES = [github_install, github_callback]
