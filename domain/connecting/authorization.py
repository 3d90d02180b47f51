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
from domain.accounts.client_registrations import PlatformServer
from domain.connecting import connect, consent_pages
from domain.connecting.connect import Code, ConnectArgs
from domain.connecting.consent_pages import PAGES
from domain.connecting.flow_details import Details
from domain.oauth import oauth_states, return_urls
from domain.oauth.oauth_states import OAuthFlow
from domain.security.keyring import Keyring
from domain.tenancy import project_locks
from domain.tenancy.api_keys import Principal
from domain.values.ssrf_guard import Allowed
from jobs import ledger
from jobs.kinds import CONNECT_ACCOUNT
from jobs.ledger import SubmittedJob, Wake
from platforms.description import ServerLogin
from platforms.registry import DESCRIPTIONS
from schemas import ids
from schemas.accounts import FlowError, OAuthStatus, OAuthUrl, OAuthUrlCreate, ReauthUrlCreate
from schemas.errors import Conflict, Invalid, NotFound
from schemas.errors.absent import absent
from schemas.settings import Settings

LIFETIME = timedelta(minutes=10)

#: Route that connects accounts with an app password.
LOGIN = "POST /v1/projects/{id}/social-accounts"

#: Account that a sandbox's link connects unless its `code` is changed.
SANDBOX_HANDLE = "ok"


class NewFlow(NamedTuple):
    """Checked input of a flow; `account_id` is the existing account that the flow must authorize."""

    platform: str
    service_url: str
    return_url: str
    account_id: UUID | None = None
    handle: str = SANDBOX_HANDLE


class LinkStep(NamedTuple):
    """Result of following a link: the server's page, a wait for the registration job, or a failed flow."""

    flow: OAuthFlow
    url: str | None
    job_id: UUID | None


def check(asked: OAuthUrlCreate, *, settings: Settings, principal: Principal, allowed: Allowed) -> NewFlow:
    """Check a request to connect a new account. Raises `Invalid`, `NotReturnable`."""
    if asked.platform not in PAGES:
        raise Invalid("platform", f"{asked.platform} is connected by an app password: {LOGIN}")
    service_url = _service_url(asked, settings, sandbox=principal.sandbox, allowed=allowed)
    return NewFlow(asked.platform, service_url, _return_url(asked, settings, principal))


def _return_url(asked: OAuthUrlCreate | ReauthUrlCreate, settings: Settings, principal: Principal) -> str:
    """Return the checked return address: on one of the key's origins, or on ours, for the console."""
    return return_urls.check(asked.return_url, origins=[*principal.return_origins, settings.public_url])


def _service_url(asked: OAuthUrlCreate, settings: Settings, *, sandbox: bool, allowed: Allowed) -> str:
    login = DESCRIPTIONS[asked.platform].login
    if isinstance(login, ServerLogin):
        if asked.instance is None:
            raise Invalid("instance", f"is needed: the name of the account's server, such as {login.example}")
        return servers.of_host(asked.instance, allowed=allowed, path="instance", example=login.example)
    if asked.instance is not None:
        names = " and ".join(
            each.name for each in DESCRIPTIONS.values() if isinstance(each.login, ServerLogin)
        )
        raise Invalid("instance", f"is for {names}: {asked.platform} has one server for all accounts")
    if not sandbox:
        consent_pages.require_application(asked.platform, settings, path="platform")
    return consent_pages.shared_urls(settings)[asked.platform]


async def check_reauth_flow(
    conn: Conn, asked: ReauthUrlCreate, *, settings: Settings, principal: Principal, project_id: UUID
) -> NewFlow:
    """Check a request to connect an account again.

    Raises `Invalid`, `NotReturnable`, `NotFound`, `Conflict` ACCOUNT_NOT_CONNECTED or ACCOUNT_LEASED.
    """
    return_url = _return_url(asked, settings, principal)
    account_id = ids.read(ids.ACCOUNT, asked.social_account_id)
    if account_id is None:
        raise absent("account")
    row = await accounts.find(conn, organization_id=principal.organization_id, account_id=account_id)
    if row.project_id != project_id:
        raise absent("account")
    if row.owner_account_id is not None:
        raise accounts.leased_error("the account is leased: its owner connects it again")
    if row.status == "disconnected":
        raise accounts.not_connected_error()
    if row.platform not in PAGES:
        raise Invalid("socialAccountId", f"a {row.platform} account is connected again as at first: {LOGIN}")
    if not principal.sandbox:
        consent_pages.require_application(row.platform, settings, path="socialAccountId")
    return NewFlow(row.platform, row.service_url, return_url, account_id, row.handle)


async def start(
    conn: Conn,
    *,
    settings: Settings,
    principal: Principal,
    project_id: UUID,
    asked: OAuthUrlCreate | ReauthUrlCreate,
    allowed: Allowed,
    keyring: Keyring,
    now: datetime,
) -> tuple[OAuthUrl, Wake | None]:
    """Create a link; return the registration job's wake. Raises as the checks do, and PROJECT_ARCHIVED."""
    await project_locks.lock_active(conn, organization_id=principal.organization_id, project_id=project_id)
    if isinstance(asked, OAuthUrlCreate):
        flow = check(asked, settings=settings, principal=principal, allowed=allowed)
    else:
        flow = await check_reauth_flow(
            conn, asked, settings=settings, principal=principal, project_id=project_id
        )
    one_place = flow.platform in consent_pages.shared_urls(settings)
    issuer = consent_pages.issuer(flow.platform, flow.service_url, one_place=one_place)
    server = PlatformServer(flow.platform, flow.service_url, f"{_base(settings)}/callback/{issuer}")
    registering = None
    if not (principal.sandbox or one_place):
        registering = await client_registrations.ensure_registration(conn, server, principal.organization_id)
    details, verifier = _details(server, flow, registering)
    state, expires_at = await oauth_states.create_oauth_state(
        conn,
        organization_id=principal.organization_id,
        api_key_id=principal.key_uuid,
        purpose=CONNECT_ACCOUNT.name,
        return_url=flow.return_url,
        now=now,
        lifetime=LIFETIME,
        bound=not principal.sandbox,
        project_id=project_id,
        details=msgspec.to_builtins(details),
        verifier=(verifier, keyring),
    )
    url = link(settings, state) if not principal.sandbox else sandbox_link(server, state, flow.handle)
    return OAuthUrl(authorize_url=url, state=state, expires_at=expires_at), registering and registering.wake


async def follow_link(
    conn: Conn, *, settings: Settings, state: str, now: datetime, keyring: Keyring
) -> LinkStep:
    """Return the next step of our link. Ends a flow with a failed registration. Raises `Invalid`."""
    flow = await oauth_states.find(conn, state=state, purpose=CONNECT_ACCOUNT.name, now=now)
    details = msgspec.convert(flow.details, Details)
    waits = details.register_job_id and await ledger.is_open(
        conn, organization_id=flow.organization_id, job_id=details.register_job_id
    )
    if waits:
        return LinkStep(flow, None, details.register_job_id)
    if application := consent_pages.applications(settings).get(details.platform):
        return LinkStep(flow, _page(details, application.client.client_id, state), None)
    client_id = await client_registrations.find_id(conn, server=details.server)
    if client_id is not None:
        return LinkStep(flow, _page(details, client_id, state), None)
    await oauth_states.use_up_state(conn, state=state, purpose=CONNECT_ACCOUNT.name, now=now, keyring=keyring)
    await oauth_states.end_oauth_flow(
        conn, flow, outcome="failed", error=await _registration_error(conn, flow, details)
    )
    return LinkStep(flow, None, None)


async def handle_callback(
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
) -> tuple[OAuthFlow, SubmittedJob | None]:
    """Use up the state, and submit a job that uses the code. Raises `Invalid`, `Limited`.

    The flow fails if the code comes by another server's redirect URI or names another issuer (RFC 9207, RFC
    9700 4.4), or if another browser brings it.
    """
    flow, verifier = await oauth_states.use_up_state(
        conn, state=state, purpose=CONNECT_ACCOUNT.name, now=now, keyring=keyring
    )
    details = msgspec.convert(flow.details, Details)
    failure = oauth_states.browser_failure(flow, same_browser=same_browser)
    failure = failure or details.failure(issuer=issuer, iss=iss) or _missing_code_error(code, error)
    if failure or code is None or flow.project_id is None or verifier is None:
        await oauth_states.end_oauth_flow(conn, flow, outcome="failed", error=failure or "NO_CODE")
        return flow, None
    try:
        submitted = await connect.submit(
            conn,
            organization_id=flow.organization_id,
            project_id=flow.project_id,
            asked=_connect_args(flow),
            secret=Code(code=code, verifier=verifier),
            keyring=keyring,
        )
    except Conflict as archived:
        await oauth_states.end_oauth_flow(conn, flow, outcome="failed", error=archived.details["reason"])
        return flow, None
    await oauth_states.give_to_job(conn, flow, job_id=submitted.job_id)
    return flow, submitted


def _missing_code_error(code: str | None, error: str | None) -> str | None:
    """Return ACCESS_DENIED or NO_CODE for a callback without a code; None with a code."""
    if code:
        return None
    return "ACCESS_DENIED" if error == "access_denied" else "NO_CODE"


async def status(conn: Conn, *, principal: Principal, state: str, now: datetime) -> OAuthStatus:
    """Return the status of a flow. Raises `NotFound` for a state of another key."""
    flow_status = await oauth_states.status(
        conn,
        organization_id=principal.organization_id,
        api_key_id=principal.key_uuid,
        state=state,
        purpose=CONNECT_ACCOUNT.name,
        now=now,
    )
    if flow_status is None:
        raise NotFound("no such state: check it, and that this key made it")
    if flow_status.status == "failed":
        return OAuthStatus(status="failed", error=FlowError(code=flow_status.error or "INTERNAL"))
    if flow_status.status == "pending" or flow_status.result is None:
        return OAuthStatus(status="pending")
    return OAuthStatus(status="connected", social_account_id=flow_status.result["socialAccountId"])


def link(settings: Settings, state: str) -> str:
    """Return our link for a person's browser."""
    return f"{_base(settings)}/authorize?{urlencode({'state': state})}"


def sandbox_link(server: PlatformServer, state: str, code: str) -> str:
    """Return a sandbox's link, which leads straight to the callback."""
    return f"{server.redirect_uri}?{urlencode({'code': code, 'state': state})}"


def _base(settings: Settings) -> str:
    return f"{settings.public_url.rstrip('/')}/v1/social"


def _details(server: PlatformServer, wanted: NewFlow, job: SubmittedJob | None) -> tuple[Details, str]:
    """Return the flow's details and their PKCE verifier."""
    verifier = secrets.token_urlsafe(48)
    details = Details(
        **server._asdict(),
        challenge=PAGES[server.platform].challenge(verifier),
        account_id=wanted.account_id,
        register_job_id=job and job.job_id,
    )
    return details, verifier


async def _registration_error(conn: Conn, flow: OAuthFlow, details: Details) -> str:
    """Return the error code of the failed registration job."""
    error_code = details.register_job_id and await ledger.get_error_code(
        conn, organization_id=flow.organization_id, job_id=details.register_job_id
    )
    return error_code or "REGISTRATION_FAILED"


def _page(details: Details, client_id: str, state: str) -> str:
    """Return the address of the server's consent page."""
    return PAGES[details.platform].url(
        details.service_url,
        client_id=client_id,
        redirect_uri=details.redirect_uri,
        state=state,
        challenge=details.challenge,
    )


def _connect_args(flow: OAuthFlow) -> ConnectArgs:
    details = msgspec.convert(flow.details, Details)
    return ConnectArgs(**details.server._asdict(), api_key_id=flow.api_key_id, account_id=details.account_id)
