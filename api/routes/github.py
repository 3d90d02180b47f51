"""Proving a GitHub App's installation, and what it may read. What asks GitHub is a job."""

from functools import partial
from typing import Annotated

from litestar import Response, delete, get, post
from litestar.params import JSONBody, QueryParameter

from api import oauth_return
from api.guard import requires
from api.idempotency import Made, once, once_plain
from api.ratelimit import Class
from api.requests import ApiRequest
from db.pool import Conn
from domain.brand import github_installations
from domain.oauth.oauth_states import Flow
from jobs.ledger import Submitted
from schemas.github import GitHubDisconnected, GitHubInstallation, GitHubRepos, InstallUrl, InstallUrlCreate

#: What a reader of the list waits for its job, in seconds.
LIST_S = 5.0

Followed = Annotated[
    str, QueryParameter(name="state", description="As `install-url` gave it.", max_length=100)
]
Returned = Annotated[
    str,
    QueryParameter(
        name="state",
        description="As `install-url` gave it. GitHub brings none where the way didn't begin at our link.",
        max_length=100,
    ),
]
Code = Annotated[str | None, QueryParameter(description="Of the GitHub user.", max_length=500)]
Number = Annotated[
    int | None, QueryParameter(name="installation_id", description="Of the installation.", ge=1, le=2**63 - 1)
]
Setup = Annotated[
    str | None,
    QueryParameter(
        name="setup_action", description="`install`, `update`, or `request` of an owner.", max_length=20
    ),
]


@post("/github/install-url", opt=requires("ingest:write", Class.WRITE_LIGHT, 409), status_code=201)
async def create_github_install_url(
    request: ApiRequest, data: JSONBody[InstallUrlCreate]
) -> Response[InstallUrl]:
    """Make a link to GitHub's pages for one person, good for 15 minutes and once.

    `installUrl` leads them on to GitHub. They install the App there, or choose its repositories, and come
    back to `returnUrl` with a `status`: `connected`, `pending` (not done within some seconds, or an owner
    has to approve) or `failed`.
    """

    async def create(conn: Conn) -> Made[InstallUrl]:
        made = await github_installations.start(
            conn,
            settings=request.services.settings,
            principal=request.principal,
            return_url=data.return_url,
            now=request.services.clock(),
        )
        return Made(made, status=201, secret=True)

    return await once(request, create)


@get("/v1/github/install", status_code=302, opt={"refusals": (409, 422, 503)})
async def github_install(request: ApiRequest, followed: Followed) -> Response[None]:
    """Where a link of ours leads on: to GitHub's pages.

    A cookie makes sure that whoever comes back is who went.
    """
    services = request.services
    async with request.connection() as conn:
        page = await github_installations.follow_link(
            conn, settings=services.settings, state=followed, now=services.clock()
        )
    back, lasts = oauth_return.GITHUB_CALLBACK, github_installations.LIFETIME
    return oauth_return.lead_on(request, page, state=followed, back=back, lasts=lasts)


@get(oauth_return.GITHUB_CALLBACK, status_code=302, opt={"refusals": (422, 429, 503)})
async def github_callback(
    request: ApiRequest,
    returned: Returned = "",
    *,
    code: Code = None,
    installation_id: Number = None,
    setup_action: Setup = None,
) -> Response[None]:
    """Where GitHub sends the person. Leads on to the state's `returnUrl`, with `status` and `state`.

    The status is `failed` in another browser than the one that followed `installUrl`. Who comes from pages
    that GitHub showed by itself, such as an owner who approves a request, has no state: 422, nothing changes.
    """

    async def use(conn: Conn) -> tuple[Flow, Submitted | None]:
        return await github_installations.handle_callback(
            conn,
            state=returned,
            code=code,
            installation_id=installation_id,
            setup_action=setup_action,
            same_browser=oauth_return.is_bound(request, returned),
            now=request.services.clock(),
            keyring=request.services.vault,
        )

    flow, submitted = await request.transact(use)
    return await oauth_return.lead_back(request, flow, submitted, state=returned)


@get("/github/installation", opt=requires("projects:read", Class.READ_LIGHT, 404))
async def get_github_installation(request: ApiRequest) -> GitHubInstallation:
    """The organization's installation; 404 while there is none."""
    async with request.connection() as conn:
        return await github_installations.get(conn, organization_id=request.organization_id)


@delete("/github/installation", opt=requires("ingest:write", Class.WRITE_LIGHT, 404), status_code=200)
async def delete_github_installation(request: ApiRequest) -> Response[GitHubDisconnected]:
    """Forget the installation: ingests that start from now on see public repositories only."""
    who = request.principal
    return await once_plain(
        request,
        lambda conn: github_installations.disconnect(
            conn, organization_id=who.organization_id, api_key_id=who.key_uuid
        ),
    )


@get("/github/repos", opt=requires("projects:read", Class.READ_LIGHT, 404))
async def list_github_repos(request: ApiRequest) -> GitHubRepos:
    """What the installation may read. A list older than 60 s is refreshed first, for at most 5 s."""
    organization_id = request.organization_id
    now = request.services.clock()
    submitted = await request.transact(
        partial(github_installations.refresh, organization_id=organization_id, now=now)
    )
    if submitted is not None:
        if submitted.wake:
            await request.services.courier.send(submitted.wake)
        await oauth_return.until_ended(request, (organization_id, submitted.job_id), within_s=LIST_S)
    async with request.connection() as conn:
        return await github_installations.list_repos(conn, organization_id=organization_id)


ROUTES = [create_github_install_url, get_github_installation, delete_github_installation, list_github_repos]

#: Without a key: who comes here is known by the state.
PUBLIC = [github_install, github_callback]
