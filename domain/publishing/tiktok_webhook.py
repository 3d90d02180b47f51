"""TikTok's webhook: a signed event only triggers a poll of TikTok.

Events arrive at least once, late, and in no order. A job polls the platform before anything changes. So a
repeated, late or unrelated event changes nothing.
"""

import hashlib
import hmac
import re
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from db.pool import Conn
from db.queries import lost_post, social_account
from domain.accounts import credentials
from jobs import controls, ledger
from jobs.kinds import RECONCILE_POST
from jobs.ledger import SubmittedJob, Wake
from schemas.errors import Invalid, SignatureInvalid

#: Largest difference between a signature's time and ours, in seconds.
TOLERANCE_S = 300
_SIGNATURE = re.compile(rb"t=(?P<at>\d{1,12}),s=(?P<digest>[0-9a-fA-F]{64})")
_REMOVED = "authorization.removed"


class TiktokWebhookBody(msgspec.Struct):
    """Body of a request; `content` is JSON within the JSON."""

    client_key: str
    event: str
    user_openid: str
    content: str = "{}"


class TiktokContent(msgspec.Struct):
    publish_id: str = ""


class TiktokWebhookEvent(NamedTuple):
    """Event of a person's post or, without a `publish_id`, of their account."""

    event: str
    open_id: str
    publish_id: str


def read(body: bytes, signature: bytes, *, client_key: str, secret: str, now: datetime) -> TiktokWebhookEvent:
    """Parse an event.

    Raises `SignatureInvalid` unless TikTok signed it just now for our app, `Invalid` for bad JSON.
    """
    check(body, signature, secret=secret, now=now)
    try:
        payload = msgspec.json.decode(body, type=TiktokWebhookBody)
        content = msgspec.json.decode(payload.content, type=TiktokContent)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid("body", f"is no event of TikTok's: {error}") from error
    if payload.client_key != client_key:
        raise Invalid("client_key", "is another app's")
    return TiktokWebhookEvent(event=payload.event, open_id=payload.user_openid, publish_id=content.publish_id)


def check(body: bytes, signature: bytes, *, secret: str, now: datetime) -> None:
    """Check the signature: HMAC-SHA256 over the time, a dot and the body. Raises `SignatureInvalid`."""
    match = _SIGNATURE.fullmatch(signature)
    if not match or not secret or abs(now.timestamp() - int(match["at"])) > TOLERANCE_S:
        raise SignatureInvalid
    expected = hmac.new(secret.encode(), match["at"] + b"." + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), match["digest"].lower()):
        raise SignatureInvalid


class KnownPost(NamedTuple):
    """Post of ours with this id at TikTok."""

    organization_id: UUID
    project_id: UUID
    id: UUID
    status: str
    job_id: UUID | None


class ConnectedAccount(NamedTuple):
    """Account of this person at TikTok."""

    organization_id: UUID
    project_id: UUID
    account_id: UUID


FIND_ACCOUNTS = social_account.find_connected.typed(ConnectedAccount)
FIND = lost_post.find_by_publish_id.typed(KnownPost)


async def take(conn: Conn, event: TiktokWebhookEvent) -> list[Wake]:
    """Poll for the event's post or account now; return the wakes to send."""
    open_id, publish_id = event.open_id, event.publish_id
    if publish_id and "\0" not in publish_id + open_id:
        posts = await FIND.all(conn, publish_id=publish_id, open_id=open_id)
        return [wake for post in posts for wake in await _ask(conn, post)]
    if event.event == _REMOVED and "\0" not in open_id:
        accounts = await FIND_ACCOUNTS.all(conn, platform="tiktok", external_id=open_id)
        return _wakes([await credentials.submit_refresh(conn, **account._asdict()) for account in accounts])
    return []


async def _ask(conn: Conn, post: KnownPost) -> list[Wake]:
    """Run the post's own job now if it is under way; else submit a job that only polls."""
    org = post.organization_id
    if post.status == "publishing" and post.job_id:
        return await controls.run_now(conn, organization_id=org, job_id=post.job_id)
    submitted = await ledger.submit(
        conn,
        kind=RECONCILE_POST,
        organization_id=org,
        project_id=post.project_id,
        args={"post_id": str(post.id)},
        unique_key=f"hint:{post.id}",
    )
    if submitted.fresh:
        return _wakes([submitted])
    return await controls.run_now(conn, organization_id=org, job_id=submitted.job_id)


def _wakes(submitted: list[SubmittedJob]) -> list[Wake]:
    return [job.wake for job in submitted if job.wake]
