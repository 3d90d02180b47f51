"""Outcome of a post, by its status at TikTok."""

from datetime import timedelta

import msgspec

from domain.publishing.outgoing import Account
from workers.platforms.contract import Absent, Drafted, Found, GivenUp, Inquiry, Live, Taken
from workers.platforms.tiktok import errors, handle
from workers.platforms.tiktok.api import Status
from workers.platforms.tiktok.creator import PUBLIC
from workers.platforms.tiktok.handle import Handle, Upload

UPLOADING, INBOX, COMPLETE, FAILED = "PROCESSING_UPLOAD", "SEND_TO_USER_INBOX", "PUBLISH_COMPLETE", "FAILED"

#: Seconds between two polls: the limit of 30 a minute is for all posts of an account.
WAIT_S = 20.0
#: Longest wait for the id of a public post.
NAMED_WITHIN = timedelta(minutes=10)
#: Time after the last call in which its bytes may still be under way.
IN_FLIGHT = timedelta(seconds=60)


def outcome_of(account: Account, inquiry: Inquiry, status: Status) -> Found:
    """Return the outcome: `Absent` only for a video that lacks bytes, once no more of them can arrive."""
    kept = handle.read(inquiry.prepared)
    if status.status == FAILED:
        return given_up(status)
    if status.status == INBOX:
        return Drafted()
    if status.status == COMPLETE:
        return complete(account, inquiry, kept, status)
    if status.status == UPLOADING and kept.upload and lacks_bytes(status, kept.upload):
        return inquiry.confirm(Absent(), in_flight=IN_FLIGHT)
    return taken(kept)


def lacks_bytes(status: Status, upload: Upload) -> bool:
    """Return whether the status reports missing bytes; False without a figure, or with an impossible one."""
    return status.uploaded_bytes is not None and 0 <= status.uploaded_bytes < upload.size


def complete(account: Account, inquiry: Inquiry, kept: Handle, status: Status) -> Live | Taken:
    """Return a complete post, with its id if public: other posts, such as an owner's draft, get none."""
    if status.publicaly_available_post_id:
        return named(account, kept, str(status.publicaly_available_post_id[0]))
    if kept.level == PUBLIC and inquiry.now < inquiry.sent_at + NAMED_WITHIN:
        return taken(kept)
    return Live(external_id=None, external_url=None)


def named(account: Account, kept: Handle, post_id: str) -> Live:
    url = f"{account.service_url}/@{account.handle}/{kept.kind}/{post_id}"
    return Live(external_id=post_id, external_url=url)


def taken(kept: Handle) -> Taken:
    return Taken(handle=msgspec.to_builtins(kept), after_s=WAIT_S)


def given_up(status: Status) -> GivenUp:
    return GivenUp(errors.failure(status.fail_reason))
