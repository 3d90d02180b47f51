"""What TikTok tells by itself: a signed hint that it is worth asking, never more (research 5.1).

Hints come at least once, late, and in no order. Whatever one says, the platform is asked before anything
changes, by a job: so a hint that comes twice, too late or about nothing of ours changes nothing.
"""

import hashlib
import hmac
import re
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from db.pool import Conn
from db.queries import scheduled_post, social_account
from domain.accounts import credentials
from jobs import controls, ledger
from jobs.kinds import RECONCILE_POST
from jobs.ledger import Submitted, Wake
from schemas.errors import Invalid, Unsigned

#: How far the time of a signature may be from ours, in seconds.
TOLERANCE_S = 300
_SIGNATURE = re.compile(rb"t=(?P<at>\d{1,12}),s=(?P<digest>[0-9a-fA-F]{64})")
_REMOVED = "authorization.removed"


class Event(msgspec.Struct):
    """The body; `content` is JSON within the JSON."""

    client_key: str
    event: str
    user_openid: str
    content: str = "{}"


class Content(msgspec.Struct):
    publish_id: str = ""


class Hint(msgspec.Struct, frozen=True, kw_only=True):
    """About a post of this person's, or, without a `publish_id`, about their account."""

    event: str
    open_id: str
    publish_id: str


def read(body: bytes, signature: bytes, *, client_key: str, secret: str, now: datetime) -> Hint:
    """Raises `Unsigned` for what TikTok didn't sign just now for our app, `Invalid` for no event."""
    check(body, signature, secret=secret, now=now)
    try:
        told = msgspec.json.decode(body, type=Event)
        content = msgspec.json.decode(told.content, type=Content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Invalid("body", f"is no event of TikTok's: {error}") from error
    if told.client_key != client_key:
        raise Invalid("client_key", "is another app's")
    return Hint(event=told.event, open_id=told.user_openid, publish_id=content.publish_id)


def check(body: bytes, signature: bytes, *, secret: str, now: datetime) -> None:
    """HMAC-SHA256 over the time, a dot and the body. Raises `Unsigned`."""
    found = _SIGNATURE.fullmatch(signature)
    if not found or not secret or abs(now.timestamp() - int(found["at"])) > TOLERANCE_S:
        raise Unsigned
    wanted = hmac.new(secret.encode(), found["at"] + b"." + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(wanted.encode(), found["digest"].lower()):
        raise Unsigned


async def take(conn: Conn, hint: Hint) -> list[Wake]:
    """Let what it is about be asked for now; whom to wake."""
    if hint.publish_id and "\0" not in hint.publish_id + hint.open_id:
        said = {"publish_id": hint.publish_id, "open_id": hint.open_id}
        posts = await scheduled_post.find_hinted.all(conn, **said)
        return [wake for post in posts for wake in await _ask(conn, post)]
    if hint.event == _REMOVED and "\0" not in hint.open_id:
        accounts = await social_account.find_connected.all(conn, platform="tiktok", external_id=hint.open_id)
        return _wakes([await credentials.refresh(conn, **account) for account in accounts])
    return []


async def _ask(conn: Conn, post: asyncpg.Record) -> list[Wake]:
    """Its own job asks for what is under way; for the rest there is one that sends nothing."""
    org: UUID = post["organization_id"]
    if post["status"] == "publishing":
        return await controls.hasten(conn, organization_id=org, job_id=post["job_id"])
    asked: dict[str, Any] = {"organization_id": org, "project_id": post["project_id"]}
    key, args = f"hint:{post['id']}", {"post_id": str(post["id"])}
    submitted = await ledger.submit(conn, kind=RECONCILE_POST, args=args, unique_key=key, **asked)
    if submitted.fresh:
        return _wakes([submitted])
    return await controls.hasten(conn, organization_id=org, job_id=submitted.job_id)


def _wakes(submitted: list[Submitted]) -> list[Wake]:
    return [one.wake for one in submitted if one.wake]
