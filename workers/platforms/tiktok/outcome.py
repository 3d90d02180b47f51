"""What a status of TikTok's says about a post."""

from datetime import timedelta

import msgspec

from domain.publishing.outgoing import Account
from workers.platforms.contract import Absent, Drafted, Found, GivenUp, Inquiry, Live, Taken, Undecided
from workers.platforms.tiktok import errors, handle
from workers.platforms.tiktok.api import Status
from workers.platforms.tiktok.creator import PUBLIC
from workers.platforms.tiktok.handle import Handle, Upload

UPLOADING, INBOX, COMPLETE, FAILED = "PROCESSING_UPLOAD", "SEND_TO_USER_INBOX", "PUBLISH_COMPLETE", "FAILED"

#: Between two questions: 30 a minute are for all of an account's posts.
WAIT_S = 20.0
#: A public post has a name once TikTok has looked at it, mostly in a minute; for so long it is waited for.
NAMED_WITHIN = timedelta(minutes=10)
#: For that long after the last call its bytes may still be on their way.
SETTLE = timedelta(seconds=60)


def judge(account: Account, inquiry: Inquiry, said: Status) -> Found:
    """`Absent` only of a video whose bytes are not all there, once no more of them can come."""
    kept = handle.read(inquiry.prepared)
    if said.status == FAILED:
        return given_up(said)
    if said.status == INBOX:
        return Drafted()
    if said.status == COMPLETE:
        return complete(account, inquiry, kept, said)
    if said.status == UPLOADING and kept.upload and has_less(said, kept.upload):
        left_s = (inquiry.sent_at + SETTLE - inquiry.now).total_seconds()
        return Undecided(left_s) if left_s > 0 else Absent()
    return taken(kept)


def has_less(said: Status, upload: Upload) -> bool:
    """A status without the figure says nothing, nor does one whose figure can't be."""
    return said.uploaded_bytes is not None and 0 <= said.uploaded_bytes < upload.size


def complete(account: Account, inquiry: Inquiry, kept: Handle, said: Status) -> Live | Taken:
    """Only what everybody may see ever has a name; the owner of a draft has chosen who may."""
    if said.publicaly_available_post_id:
        return named(account, kept, str(said.publicaly_available_post_id[0]))
    if kept.level == PUBLIC and inquiry.now < inquiry.sent_at + NAMED_WITHIN:
        return taken(kept)
    return Live(external_id=None, external_url=None)


def named(account: Account, kept: Handle, post_id: str) -> Live:
    url = f"{account.service_url}/@{account.handle}/{kept.kind}/{post_id}"
    return Live(external_id=post_id, external_url=url)


def taken(kept: Handle) -> Taken:
    return Taken(handle=msgspec.to_builtins(kept), after_s=WAIT_S)


def given_up(said: Status) -> GivenUp:
    return GivenUp(errors.failure(said.fail_reason))
