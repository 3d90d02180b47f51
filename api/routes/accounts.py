"""Social accounts: connect, list, disconnect. Calls to a platform run in a job."""

from functools import partial
from typing import Annotated

from litestar import Response, delete, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from api.guard import build_route_options
from api.http import oauth_return, path_ids
from api.http.accepted_job import submit_project_job
from api.http.idempotency import WriteReply, run_idempotent_write, run_idempotent_write_without_wakes
from api.http.paging import DEFAULT_PAGE_LIMIT, PageCursor, PageLimit, read_list_page_in_project
from api.http.requests import ApiRequest
from api.limits.rate_limits import RateClass
from api.streams.long_poll import run_unless_disconnected
from db.pool import Conn
from domain.accounts import accounts
from domain.connecting import authorization, connect
from domain.connecting.authorization import NextStepAfterOAuthLinkOpened
from domain.connecting.connect import AccountConnectJobArgs
from domain.oauth.oauth_states import StoredOAuthFlow
from jobs.ledger import SubmittedJob
from schemas.accounts import (
    AccountConnect,
    AccountDisconnected,
    AccountStatus,
    OAuthStatus,
    OAuthUrl,
    OAuthUrlCreate,
    PlatformName,
    ReauthUrlCreate,
    SocialAccount,
)
from schemas.base import Page
from schemas.jobs import Accepted

AccountPlatformFilter = Annotated[
    list[PlatformName] | None, QueryParameter(description="Only accounts on these platforms.")
]
AccountStatusFilter = Annotated[
    list[AccountStatus] | None, QueryParameter(description="Only with one of these statuses.")
]
LeasedAccountFilter = Annotated[
    bool | None,
    QueryParameter(description="Only leased accounts (`true`), or only accounts that aren't leased (`false`)."),
]
ReturnedOAuthState = Annotated[
    str, QueryParameter(name="state", description="The `state` from `oauth-url`.", max_length=100)
]
AuthorizationCode = Annotated[
    str | None, QueryParameter(description="The authorization code, valid once.", max_length=2000)
]
OAuthIssuer = Annotated[str | None, QueryParameter(description="The issuer of the code (RFC 9207).", max_length=500)]
OAuthErrorReason = Annotated[str | None, QueryParameter(description="The reason why there is no code.", max_length=200)]


@post(
    "/projects/{project_id:str}/social/oauth-url",
    opt=build_route_options("social:write", RateClass.WRITE_LIGHT, 404, 409),
    status_code=201,
)
async def create_oauth_url(
    request: ApiRequest, project_id: FromPath[str], data: JSONBody[OAuthUrlCreate]
) -> Response[OAuthUrl]:
    """Create a consent link for one person and account, valid for 10 minutes and one use.

    Send the person to `authorizeUrl`, which redirects to the account's server. The person returns to
    `returnUrl` with `state` and a `status`: `connected`, `pending` (not finished within some seconds) or
    `failed`. If the return is missed, read `GET /v1/social/oauth-status/{oauthState}`. Mastodon needs
    `instance`, the name of the account's server; Bluesky accounts are connected with `POST
    /v1/projects/{projectId}/social-accounts`.

    In a sandbox no server is called: `authorizeUrl` redirects straight back. Its `code` is the handle of the
    connected account: `ok`, or a magic handle that you write there, such as `fail_auth`, `fail_content`,
    `rate_limited`, `unknown_then_found` or `unknown_forever`. All magic handles connect, and take effect when
    they post. For example, a post of `fail_auth` gets an invalid token, and the account becomes
    `reauth_required`.
    """
    return await _create_consent_link(request, project_id, data)


@post(
    "/projects/{project_id:str}/social/reauth-url",
    opt=build_route_options("social:write", RateClass.WRITE_LIGHT, 404, 409),
    status_code=201,
)
async def create_reauth_url(
    request: ApiRequest, project_id: FromPath[str], data: JSONBody[ReauthUrlCreate]
) -> Response[OAuthUrl]:
    """Create a consent link for a connected account, which keeps its id and its queued posts.

    If the person consents with another account, the state ends as `failed` with `OTHER_ACCOUNT` and nothing
    changes. Reconnect a Bluesky account with `POST /v1/projects/{projectId}/social-accounts`, as at first.
    """
    return await _create_consent_link(request, project_id, data)


@get("/v1/social/authorize", status_code=302, opt={"refusals": (422, 503)})
async def authorize(request: ApiRequest, returned: ReturnedOAuthState) -> Response[None]:
    """Redirect from a consent link to the account's server, once Tenantry is registered there.

    Until then the request waits, and then redirects to itself. If the registration fails, it redirects to the
    state's `returnUrl` with `status=failed`. A cookie ensures that the same browser returns.
    """
    step = await _continue_oauth_flow_from_link(request, returned)
    if step.job_id:
        ref = (step.flow.organization_id, step.job_id)
        await run_unless_disconnected(
            request.receive,
            oauth_return.wait_in_request_for_job_end(request, ref, within_s=oauth_return.MAX_OAUTH_CALLBACK_WAIT_S),
        )
        step = await _continue_oauth_flow_from_link(request, returned)
    if step.url or step.job_id:
        location = step.url or authorization.format_oauth_link(request.services.settings, returned)
        back, lasts = oauth_return.SOCIAL_CALLBACK_PATH, authorization.OAUTH_LINK_LIFETIME
        return oauth_return.redirect_to_consent_page(request, location, state=returned, back=back, lasts=lasts)
    return await oauth_return.redirect_to_return_url(request, step.flow, None, state=returned)


@get(f"{oauth_return.SOCIAL_CALLBACK_PATH}/{{issuer:str}}", status_code=302, opt={"refusals": (422, 429, 503)})
async def social_callback(
    request: ApiRequest,
    issuer: FromPath[str],
    returned: ReturnedOAuthState,
    *,
    code: AuthorizationCode = None,
    error: OAuthErrorReason = None,
    iss: OAuthIssuer = None,
) -> Response[None]:
    """Receive a person from an account's server after the consent; redirect to the state's `returnUrl`.

    `state` and `status` are added to `returnUrl`. The status is `failed` in another browser than the one that
    followed `authorizeUrl`.
    """

    async def use(conn: Conn) -> tuple[StoredOAuthFlow, SubmittedJob | None]:
        services = request.services
        return await authorization.handle_oauth_callback(
            conn,
            state=returned,
            issuer=issuer,
            iss=iss,
            code=code,
            error=error,
            same_browser=oauth_return.has_oauth_flow_cookie(request, returned),
            now=services.clock(),
            keyring=services.vault,
        )

    flow, submitted = await request.run_transaction(use)
    return await oauth_return.redirect_to_return_url(request, flow, submitted, state=returned)


@get("/social/oauth-status/{oauth_state:str}", opt=build_route_options("social:read", RateClass.READ_LIGHT, 404))
async def get_oauth_status(request: ApiRequest, oauth_state: FromPath[str]) -> OAuthStatus:
    """Return the status of a consent flow, for the key that created it; kept for a day after its expiry."""
    async with request.acquire_connection() as conn:
        return await authorization.read_oauth_status(
            conn, principal=request.principal, state=oauth_state, now=request.services.clock()
        )


@post(
    "/projects/{project_id:str}/social-accounts",
    opt=build_route_options("social:write", RateClass.LONG_RUNNING, 404, 409),
    status_code=202,
)
async def connect_social_account(
    request: ApiRequest, project_id: FromPath[str], data: JSONBody[AccountConnect]
) -> Response[Accepted]:
    """Connect or reconnect a Bluesky account with an app password: the same DID keeps its id.

    The job uses the password once, and it is never stored. The job's result has `socialAccountId`. In a
    sandbox any `identifier` and password connect, also the magic handles (see `oauth-url`).
    """
    who, services = request.principal, request.services
    service_url, login = connect.check_app_password_request(data, sandbox=who.sandbox, allowed=services.allowed)
    arguments = AccountConnectJobArgs(
        platform=data.platform, service_url=service_url, redirect_uri="", api_key_id=who.key_uuid
    )
    submit = partial(connect.submit_account_connect, asked=arguments, secret=login, keyring=services.vault)
    return await submit_project_job(request, project_id, submit)


@get("/projects/{project_id:str}/social-accounts", opt=build_route_options("social:read", RateClass.READ_LIGHT, 404))
async def list_social_accounts(
    request: ApiRequest,
    project_id: FromPath[str],
    *,
    platform: AccountPlatformFilter = None,
    status: AccountStatusFilter = None,
    leased: LeasedAccountFilter = None,
    cursor: PageCursor = None,
    limit: PageLimit = DEFAULT_PAGE_LIMIT,
) -> Page[SocialAccount]:
    """List a project's social accounts, newest first, disconnected ones included."""
    find = partial(accounts.list_account_page, platforms=platform, statuses=status, leased=leased)
    return await read_list_page_in_project(request, find, project_id, cursor, limit)


@get("/social-accounts/{social_account_id:str}", opt=build_route_options("social:read", RateClass.READ_LIGHT, 404))
async def get_social_account(request: ApiRequest, social_account_id: FromPath[str]) -> SocialAccount:
    """Return a social account. `reauth_required` means that only its owner can reconnect it."""
    async with request.acquire_connection() as conn:
        return await accounts.read_account(
            conn, **request.parse_org_and_object_id("account", account_id=social_account_id)
        )


@delete(
    "/social-accounts/{social_account_id:str}",
    opt=build_route_options("social:write", RateClass.WRITE_LIGHT, 404),
    status_code=200,
)
async def disconnect_social_account(
    request: ApiRequest, social_account_id: FromPath[str]
) -> Response[AccountDisconnected]:
    """Disconnect a social account for good: its tokens are deleted, and nothing more is sent to it.

    Its waiting posts are canceled; repeating the request returns the same answer. This also works in an
    archived project.
    """
    who = request.principal
    return await run_idempotent_write_without_wakes(
        request,
        lambda conn: connect.disconnect_account(
            conn,
            **request.parse_org_and_object_id("account", account_id=social_account_id),
            api_key_id=who.key_uuid,
            keyring=request.services.vault,
        ),
    )


async def _create_consent_link(
    request: ApiRequest, project_id: str, body: OAuthUrlCreate | ReauthUrlCreate
) -> Response[OAuthUrl]:
    services = request.services

    async def make(conn: Conn) -> WriteReply[OAuthUrl]:
        link, wake = await authorization.create_oauth_link(
            conn,
            settings=services.settings,
            principal=request.principal,
            project_id=path_ids.parse_id("project", project_id),
            asked=body,
            allowed=services.allowed,
            keyring=services.vault,
            now=services.clock(),
        )
        return WriteReply(link, status=201, wakes=() if wake is None else (wake,), secret=True)

    return await run_idempotent_write(request, make)


async def _continue_oauth_flow_from_link(request: ApiRequest, state: str) -> NextStepAfterOAuthLinkOpened:
    services = request.services
    follow = partial(
        authorization.handle_oauth_link_click,
        settings=services.settings,
        state=state,
        now=services.clock(),
        keyring=services.vault,
    )
    return await request.run_transaction(follow)


#: Without a key: the state identifies the caller.
KEYLESS_ROUTES = [authorize, social_callback]
