"""The return from an OAuth consent page: the redirect, and the wait for the job that the return starts."""

import asyncio
import hashlib
from datetime import timedelta
from typing import Literal
from urllib.parse import urlsplit
from uuid import UUID

from litestar import Response

from api.http.requests import ApiRequest
from api.http.responses import LowOverheadResponse
from api.streams.long_poll import LONG_POLL_INTERVAL_S, run_unless_disconnected
from domain.jobs import jobs
from domain.oauth import oauth_states, return_urls
from domain.oauth.oauth_states import StoredOAuthFlow
from jobs import ledger
from jobs.ledger import SubmittedJob
from schemas.settings import Settings

#: Maximum seconds that a browser waits for its job.
MAX_OAUTH_CALLBACK_WAIT_S = 8.0

#: Callback paths of the accounts' servers and of GitHub.
SOCIAL_CALLBACK_PATH = "/v1/social/callback"
GITHUB_CALLBACK_PATH = "/v1/github/callback"

OAuthReturnStatus = Literal["connected", "pending", "failed"]


async def redirect_to_return_url(
    request: ApiRequest, flow: StoredOAuthFlow, submitted: SubmittedJob | None, *, state: str
) -> Response[None]:
    """Build the redirect to a flow's `returnUrl` with `state` and status, after the job's end or a timeout."""
    if submitted:
        await _wait_for_oauth_job_end(request, flow, submitted)
    status = await _read_oauth_flow_status_from_database(request, flow)
    return _build_redirect_response(return_urls.add_oauth_outcome_to_url(flow.return_url, status=status, state=state))


def redirect_to_consent_page(
    request: ApiRequest, location: str, *, state: str, back: str, lasts: timedelta
) -> Response[None]:
    """Build the redirect from our link to `location`; its cookie lasts for `lasts`, and only path `back` gets it."""
    answer = _build_redirect_response(location)
    answer.headers["Set-Cookie"] = make_oauth_cookie(request.services.settings, state, back=back, lasts=lasts)
    return answer


def make_oauth_cookie(settings: Settings, state: str, *, back: str, lasts: timedelta) -> str:
    """Return the `Set-Cookie` that binds a consent flow to a browser, for the path `back` and the time `lasts`."""
    public = urlsplit(settings.public_url)
    secure = "; Secure" if public.scheme == "https" else ""
    path = f"{public.path.rstrip('/')}{back}"
    seconds = int(lasts.total_seconds())
    return f"{oauth_cookie_name(state)}=1; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"


def has_oauth_flow_cookie(request: ApiRequest, state: str) -> bool:
    """Return whether a request has a consent flow's cookie: its browser has followed our link."""
    return oauth_cookie_name(state) in request.cookies


def oauth_cookie_name(state: str) -> str:
    """Return the cookie name of a consent flow, which hides its state; a browser may run several flows."""
    return f"oauth_{hashlib.sha256(state.encode()).hexdigest()[:32]}"


def _build_redirect_response(location: str) -> Response[None]:
    """Build a 302 response to an address, without caching and without a referrer."""
    headers = {"Location": location, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return LowOverheadResponse(None, status_code=302, headers=headers)


async def _wait_for_oauth_job_end(request: ApiRequest, flow: StoredOAuthFlow, submitted: SubmittedJob) -> None:
    """Send the wake of a consent flow's job, and wait until the job has ended.

    The wait also ends when the timeout passes or the browser disconnects.
    """
    if submitted.wake:
        await request.services.courier.send_or_queue_wake(submitted.wake)
    ref = (flow.organization_id, submitted.job_id)
    with request.services.job_hub.subscribe(ref) as seat:
        await run_unless_disconnected(
            request.receive, seat.await_wanted_state_or_none(jobs.has_job_ended, within=MAX_OAUTH_CALLBACK_WAIT_S)
        )


async def _read_oauth_flow_status_from_database(request: ApiRequest, flow: StoredOAuthFlow) -> OAuthReturnStatus:
    async with request.acquire_connection() as conn:
        outcome = await oauth_states.read_oauth_flow_outcome(conn, flow)
    if outcome in {None, "requested"}:
        return "pending"
    return "connected" if outcome == "completed" else "failed"


async def wait_in_request_for_job_end(request: ApiRequest, ref: tuple[UUID, UUID], *, within_s: float) -> None:
    """Wait until an internal job has ended, at most `within_s` seconds; query its state every 200 ms.

    `ref` is the job's organization and id. Partners can't see such a job, and the long-poll hub neither.
    """
    organization_id, job_id = ref
    for _ in range(int(within_s / LONG_POLL_INTERVAL_S)):
        async with request.acquire_connection() as conn:
            if not await ledger.is_job_open(conn, organization_id=organization_id, job_id=job_id):
                return
        await asyncio.sleep(LONG_POLL_INTERVAL_S)
