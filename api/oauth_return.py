"""The return from another site's pages: the redirect, and waiting for the job that the return starts."""

import asyncio
import hashlib
from datetime import timedelta
from typing import Literal
from urllib.parse import urlsplit
from uuid import UUID

from litestar import Response

from api.replies import Reply
from api.requests import ApiRequest
from api.waiting import LOOK_S, unless_gone
from domain.jobs import jobs
from domain.oauth import oauth_states, return_urls
from domain.oauth.oauth_states import Flow
from jobs import ledger
from jobs.ledger import Submitted
from schemas.settings import Settings

#: How long a browser waits for its job, in seconds.
CALLBACK_S = 8.0

#: The paths by which accounts' servers, and GitHub, send people back.
SOCIAL_CALLBACK = "/v1/social/callback"
GITHUB_CALLBACK = "/v1/github/callback"

Status = Literal["connected", "pending", "failed"]


async def lead_back(
    request: ApiRequest, flow: Flow, submitted: Submitted | None, *, state: str
) -> Response[None]:
    """A redirect to the flow's `returnUrl`, once its job has ended or has taken too long."""
    if submitted:
        await _ended(request, flow, submitted)
    status = await _status(request, flow)
    return _redirect(return_urls.with_outcome(flow.return_url, status=status, state=state))


def lead_on(request: ApiRequest, location: str, *, state: str, back: str, lasts: timedelta) -> Response[None]:
    """A redirect from our link, with the cookie that only the way `back` sees."""
    answer = _redirect(location)
    answer.headers["Set-Cookie"] = bind(request.services.settings, state, back=back, lasts=lasts)
    return answer


def bind(settings: Settings, state: str, *, back: str, lasts: timedelta) -> str:
    """The cookie that binds a flow to the browser which follows our link."""
    public = urlsplit(settings.public_url)
    secure = "; Secure" if public.scheme == "https" else ""
    path = f"{public.path.rstrip('/')}{back}"
    seconds = int(lasts.total_seconds())
    return f"{cookie_name(state)}=1; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"


def is_bound(request: ApiRequest, state: str) -> bool:
    """True if a request comes by the browser that followed our link."""
    return cookie_name(state) in request.cookies


def cookie_name(state: str) -> str:
    """A name of each flow's own: one browser may have several at once. It doesn't tell the state."""
    return f"oauth_{hashlib.sha256(state.encode()).hexdigest()[:32]}"


def _redirect(location: str) -> Response[None]:
    """A 302 that no cache keeps and whose target is not told where the person was."""
    headers = {"Location": location, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return Reply(None, status_code=302, headers=headers)


async def _ended(request: ApiRequest, flow: Flow, submitted: Submitted) -> None:
    """The job has ended, or it took too long, or the browser left."""
    if submitted.wake:
        await request.services.courier.send(submitted.wake)
    ref = (flow.organization_id, submitted.job_id)
    with request.services.watcher.seat(ref) as seat:
        await unless_gone(request.receive, seat.until(jobs.has_ended, within=CALLBACK_S))


async def _status(request: ApiRequest, flow: Flow) -> Status:
    async with request.connection() as conn:
        outcome = await oauth_states.outcome(conn, flow)
    if outcome in {None, "requested"}:
        return "pending"
    return "connected" if outcome == "completed" else "failed"


async def until_ended(request: ApiRequest, ref: tuple[UUID, UUID], *, within_s: float) -> None:
    """Wait for a job that no partner sees, and so no watcher either: its organization and id."""
    organization_id, job_id = ref
    for _ in range(int(within_s / LOOK_S)):
        async with request.connection() as conn:
            if not await ledger.is_open(conn, organization_id=organization_id, job_id=job_id):
                return
        await asyncio.sleep(LOOK_S)
