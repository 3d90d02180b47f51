"""Authorization of an account by a person: a link, then a callback with a code (OAuth 2, RFC 7636, RFC 9700).

The link is ours. It redirects to the server's page after a job has registered us there. In a sandbox it leads
straight to our callback, with a code that contains the account's handle.
"""

import secrets
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from db.pool import Conn
from domain.accounts import accounts, client_registrations, servers
from domain.accounts.client_registrations import PlatformServerRef
from domain.connecting import connect, consent_pages
from domain.connecting.connect import AccountConnectJobArgs, ConsentCodeAndVerifier, PlatformServerInStoredJson
from domain.connecting.consent_pages import CONSENT_PAGE_BY_PLATFORM
from domain.oauth import oauth_states, return_urls
from domain.oauth.oauth_states import StoredOAuthFlow
from domain.security.keyring import Keyring
from domain.tenancy import project_locks
from domain.tenancy.api_keys import Principal
from domain.values.ssrf_guard import AllowedOrigins
from jobs import ledger
from jobs.kinds import CONNECT_ACCOUNT_KIND
from jobs.ledger import SubmittedJob, WakeMessage
from platforms.description import OwnServerOAuthLogin
from platforms.registry import PLATFORMS_BY_NAME
from schemas import ids
from schemas.accounts import FlowError, OAuthStatus, OAuthUrl, OAuthUrlCreate, ReauthUrlCreate
from schemas.errors import InvalidValue, ObjectNotFound, StateConflict
from schemas.errors.absent import not_found_error
from schemas.settings import Settings

OAUTH_LINK_LIFETIME = timedelta(minutes=10)

#: Route that connects accounts with an app password.
APP_PASSWORD_ROUTE = "POST /v1/projects/{id}/social-accounts"  # noqa: S105  no secret

#: Account that a sandbox's link connects unless its `code` is changed.
DEFAULT_SANDBOX_HANDLE = "ok"


class OAuthFlowInput(NamedTuple):
    """Checked input of a flow; `account_id` is the existing account that the flow must authorize."""

    platform: str
    service_url: str
    return_url: str
    account_id: UUID | None = None
    handle: str = DEFAULT_SANDBOX_HANDLE


class OAuthFlowRowDetails(PlatformServerInStoredJson, frozen=True, kw_only=True):
    """Details of a flow, stored in its row between our link and the callback; none is secret."""

    challenge: str
    account_id: UUID | None
    register_job_id: UUID | None

    def find_issuer_error(self, *, issuer: str, iss: str | None) -> str | None:
        """Return OTHER_SERVER if a callback's `issuer` (redirect URI part) or `iss` isn't the flow's, else None."""
        if issuer != self.redirect_uri.rpartition("/")[2] or (iss or self.service_url) != self.service_url:
            return "OTHER_SERVER"
        return None


class NextStepAfterOAuthLinkOpened(NamedTuple):
    """Result of following a link: the server's page, a wait for the registration job, or a failed flow."""

    flow: StoredOAuthFlow
    url: str | None
    job_id: UUID | None


def check_oauth_connect_request(
    asked: OAuthUrlCreate, *, settings: Settings, principal: Principal, allowed: AllowedOrigins
) -> OAuthFlowInput:
    """Check a request to connect an account by consent; return its input. Raises `InvalidValue`, `ReturnUrlRefused`."""
    if asked.platform not in CONSENT_PAGE_BY_PLATFORM:
        raise InvalidValue("platform", f"{asked.platform} is connected by an app password: {APP_PASSWORD_ROUTE}")
    service_url = _choose_account_server_url(asked, settings, sandbox=principal.sandbox, allowed=allowed)
    return OAuthFlowInput(asked.platform, service_url, _check_oauth_return_url(asked, settings, principal))


def _check_oauth_return_url(asked: OAuthUrlCreate | ReauthUrlCreate, settings: Settings, principal: Principal) -> str:
    """Return an OAuth request's return URL if its origin is one of the API key's, or ours for the console.

    Raises `InvalidValue`, `ReturnUrlRefused`.
    """
    return return_urls.check_return_url(asked.return_url, origins=[*principal.return_origins, settings.public_url])


def _choose_account_server_url(
    asked: OAuthUrlCreate, settings: Settings, *, sandbox: bool, allowed: AllowedOrigins
) -> str:
    login = PLATFORMS_BY_NAME[asked.platform].login
    if isinstance(login, OwnServerOAuthLogin):
        if asked.instance is None:
            raise InvalidValue("instance", f"is needed: the name of the account's server, such as {login.example}")
        return servers.account_server_url(asked.instance, allowed=allowed, path="instance", example=login.example)
    if asked.instance is not None:
        names = " and ".join(
            each.api_name for each in PLATFORMS_BY_NAME.values() if isinstance(each.login, OwnServerOAuthLogin)
        )
        raise InvalidValue("instance", f"is for {names}: {asked.platform} has one server for all accounts")
    if not sandbox:
        consent_pages.check_platform_oauth_app_configured(asked.platform, settings, path="platform")
    return consent_pages.read_single_server_platform_urls(settings)[asked.platform]


async def check_reauth_request(
    conn: Conn, asked: ReauthUrlCreate, *, settings: Settings, principal: Principal, project_id: UUID
) -> OAuthFlowInput:
    """Check a request to connect an account of the project again; return the flow's input with the account's id.

    Raises `InvalidValue`, `ReturnUrlRefused`, `ObjectNotFound`, `StateConflict` ACCOUNT_NOT_CONNECTED for a
    disconnected account, or ACCOUNT_LEASED for a lease.
    """
    return_url = _check_oauth_return_url(asked, settings, principal)
    account_id = ids.parse_prefixed_id(ids.ACCOUNT_ID_PREFIX, asked.social_account_id)
    if account_id is None:
        raise not_found_error("account")
    row = await accounts.find_account_row(conn, organization_id=principal.organization_id, account_id=account_id)
    if row.project_id != project_id:
        raise not_found_error("account")
    if row.owner_account_id is not None:
        raise accounts.account_leased_error("the account is leased: its owner connects it again")
    if row.status == "disconnected":
        raise accounts.account_not_connected_error()
    if row.platform not in CONSENT_PAGE_BY_PLATFORM:
        raise InvalidValue(
            "socialAccountId", f"a {row.platform} account is connected again as at first: {APP_PASSWORD_ROUTE}"
        )
    if not principal.sandbox:
        consent_pages.check_platform_oauth_app_configured(row.platform, settings, path="socialAccountId")
    return OAuthFlowInput(row.platform, row.service_url, return_url, account_id, row.handle)


async def create_oauth_link(
    conn: Conn,
    *,
    settings: Settings,
    principal: Principal,
    project_id: UUID,
    asked: OAuthUrlCreate | ReauthUrlCreate,
    allowed: AllowedOrigins,
    keyring: Keyring,
    now: datetime,
) -> tuple[OAuthUrl, WakeMessage | None]:
    """Create a link by which a person connects an account; return it, and the wake of a registration job or None.

    Raises `ObjectNotFound`, `StateConflict` PROJECT_ARCHIVED, or as `check_oauth_connect_request` and
    `check_reauth_request`.
    """
    await project_locks.lock_active_project(conn, organization_id=principal.organization_id, project_id=project_id)
    if isinstance(asked, OAuthUrlCreate):
        flow = check_oauth_connect_request(asked, settings=settings, principal=principal, allowed=allowed)
    else:
        flow = await check_reauth_request(conn, asked, settings=settings, principal=principal, project_id=project_id)
    one_place = flow.platform in consent_pages.read_single_server_platform_urls(settings)
    issuer = consent_pages.build_redirect_uri_suffix(flow.platform, flow.service_url, one_place=one_place)
    server = PlatformServerRef(flow.platform, flow.service_url, f"{_api_social_routes_url(settings)}/callback/{issuer}")
    registering = None
    if not (principal.sandbox or one_place):
        registering = await client_registrations.ensure_register_client_job(conn, server, principal.organization_id)
    details, verifier = _build_stored_details_of_oauth_flow(server, flow, registering)
    state, expires_at = await oauth_states.create_oauth_state(
        conn,
        organization_id=principal.organization_id,
        api_key_id=principal.key_uuid,
        purpose=CONNECT_ACCOUNT_KIND.name,
        return_url=flow.return_url,
        now=now,
        lifetime=OAUTH_LINK_LIFETIME,
        bound=not principal.sandbox,
        project_id=project_id,
        details=msgspec.to_builtins(details),
        verifier=(verifier, keyring),
    )
    url = format_oauth_link(settings, state)
    if principal.sandbox:
        url = sandbox_callback_url(server, state, flow.handle)
    return OAuthUrl(authorize_url=url, state=state, expires_at=expires_at), registering and registering.wake


async def handle_oauth_link_click(
    conn: Conn, *, settings: Settings, state: str, now: datetime, keyring: Keyring
) -> NextStepAfterOAuthLinkOpened:
    """Return the next step after a person opens our OAuth link: the consent page's address, or a job to wait for.

    The job registers our client at the server; if it failed, ends the flow and returns neither. Raises `InvalidValue`.
    """
    flow = await oauth_states.find_oauth_flow(conn, state=state, purpose=CONNECT_ACCOUNT_KIND.name, now=now)
    details = msgspec.convert(flow.details, OAuthFlowRowDetails)
    waits = details.register_job_id and await ledger.is_job_open(
        conn, organization_id=flow.organization_id, job_id=details.register_job_id
    )
    if waits:
        return NextStepAfterOAuthLinkOpened(flow, None, details.register_job_id)
    if application := consent_pages.read_platform_oauth_apps(settings).get(details.platform):
        return NextStepAfterOAuthLinkOpened(
            flow, _platform_consent_url(details, application.client.client_id, state), None
        )
    client_id = await client_registrations.find_stored_client_id(conn, server=details.platform_server)
    if client_id is not None:
        return NextStepAfterOAuthLinkOpened(flow, _platform_consent_url(details, client_id, state), None)
    await oauth_states.use_up_oauth_state(
        conn, state=state, purpose=CONNECT_ACCOUNT_KIND.name, now=now, keyring=keyring
    )
    await oauth_states.store_oauth_outcome(
        conn, flow, outcome="failed", error=await _read_client_registration_job_error_code(conn, flow, details)
    )
    return NextStepAfterOAuthLinkOpened(flow, None, None)


async def handle_oauth_callback(
    conn: Conn,
    *,
    state: str,
    issuer: str,
    iss: str | None,
    code: str | None,
    error: str | None,
    same_browser: bool,
    now: datetime,
    keyring: Keyring,
) -> tuple[StoredOAuthFlow, SubmittedJob | None]:
    """Handle the redirect from a consent page: use up the state, and submit a job that uses the code.

    Returns the flow, and its job or None if the flow failed. The flow fails without a code, in an archived project,
    or if another browser brings it. It fails too if the code comes by another server's redirect URI or names
    another issuer (RFC 9207, RFC 9700 4.4). Raises `InvalidValue`, `LimitReached`.
    """
    flow, verifier = await oauth_states.use_up_oauth_state(
        conn, state=state, purpose=CONNECT_ACCOUNT_KIND.name, now=now, keyring=keyring
    )
    details = msgspec.convert(flow.details, OAuthFlowRowDetails)
    failure = oauth_states.find_oauth_browser_mismatch_error(flow, same_browser=same_browser)
    failure = failure or details.find_issuer_error(issuer=issuer, iss=iss) or _find_callback_error(code, error)
    if failure or code is None or flow.project_id is None or verifier is None:
        await oauth_states.store_oauth_outcome(conn, flow, outcome="failed", error=failure or "NO_CODE")
        return flow, None
    try:
        submitted = await connect.submit_account_connect(
            conn,
            organization_id=flow.organization_id,
            project_id=flow.project_id,
            asked=_build_connect_job_args_of_flow(flow),
            secret=ConsentCodeAndVerifier(code=code, verifier=verifier),
            keyring=keyring,
        )
    except StateConflict as archived:
        await oauth_states.store_oauth_outcome(conn, flow, outcome="failed", error=archived.details["reason"])
        return flow, None
    await oauth_states.bind_oauth_flow_to_job(conn, flow, job_id=submitted.job_id)
    return flow, submitted


def _find_callback_error(code: str | None, error: str | None) -> str | None:
    """Return an OAuth callback's error code: ACCESS_DENIED if the person refused, else NO_CODE; None with a code."""
    if code:
        return None
    return "ACCESS_DENIED" if error == "access_denied" else "NO_CODE"


async def read_oauth_status(conn: Conn, *, principal: Principal, state: str, now: datetime) -> OAuthStatus:
    """Return the status of an account's OAuth flow: `pending`, `connected` with the account's id, or `failed`.

    Raises `ObjectNotFound` for an unknown state, or one of another key.
    """
    flow_status = await oauth_states.read_oauth_flow_status(
        conn,
        organization_id=principal.organization_id,
        api_key_id=principal.key_uuid,
        state=state,
        purpose=CONNECT_ACCOUNT_KIND.name,
        now=now,
    )
    if flow_status is None:
        raise ObjectNotFound("no such state: check it, and that this key made it")
    if flow_status.status == "failed":
        return OAuthStatus(status="failed", error=FlowError(code=flow_status.error or "INTERNAL"))
    if flow_status.status == "pending" or flow_status.result is None:
        return OAuthStatus(status="pending")
    return OAuthStatus(status="connected", social_account_id=flow_status.result["socialAccountId"])


def format_oauth_link(settings: Settings, state: str) -> str:
    """Return the address of our OAuth link with this state, which a person opens in a browser."""
    return f"{_api_social_routes_url(settings)}/authorize?{urlencode({'state': state})}"


def sandbox_callback_url(server: PlatformServerRef, state: str, code: str) -> str:
    """Return the address of a sandbox's OAuth link, which leads straight to the callback with a code."""
    return f"{server.redirect_uri}?{urlencode({'code': code, 'state': state})}"


def _api_social_routes_url(settings: Settings) -> str:
    return f"{settings.public_url.rstrip('/')}/v1/social"


def _build_stored_details_of_oauth_flow(
    server: PlatformServerRef, wanted: OAuthFlowInput, job: SubmittedJob | None
) -> tuple[OAuthFlowRowDetails, str]:
    """Return an OAuth flow's details to store, and its new PKCE verifier; `job`, if any, registers our client."""
    verifier = secrets.token_urlsafe(48)
    details = OAuthFlowRowDetails(
        **server._asdict(),
        challenge=CONSENT_PAGE_BY_PLATFORM[server.platform].challenge(verifier),
        account_id=wanted.account_id,
        register_job_id=job and job.job_id,
    )
    return details, verifier


async def _read_client_registration_job_error_code(
    conn: Conn, flow: StoredOAuthFlow, details: OAuthFlowRowDetails
) -> str:
    """Return the error code of a flow's failed client registration job; REGISTRATION_FAILED without one."""
    error_code = details.register_job_id and await ledger.read_stored_job_error_code(
        conn, organization_id=flow.organization_id, job_id=details.register_job_id
    )
    return error_code or "REGISTRATION_FAILED"


def _platform_consent_url(details: OAuthFlowRowDetails, client_id: str, state: str) -> str:
    """Return the address of the server's consent page, with our client id, the state and the PKCE challenge."""
    return CONSENT_PAGE_BY_PLATFORM[details.platform].build_url(
        details.service_url,
        client_id=client_id,
        redirect_uri=details.redirect_uri,
        state=state,
        challenge=details.challenge,
    )


def _build_connect_job_args_of_flow(flow: StoredOAuthFlow) -> AccountConnectJobArgs:
    details = msgspec.convert(flow.details, OAuthFlowRowDetails)
    return AccountConnectJobArgs(
        **details.platform_server._asdict(), api_key_id=flow.api_key_id, account_id=details.account_id
    )
