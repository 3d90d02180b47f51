"""Outcome of a post, by its status at TikTok."""

from datetime import timedelta

import msgspec

from domain.publishing.outgoing import PostingAccount
from platforms.tiktok import errors, handle
from platforms.tiktok.api import PublishStatus
from platforms.tiktok.creator import PUBLIC
from platforms.tiktok.handle import TikTokHandle, VideoUpload
from workers.platforms.contract import (
    AbsentPost,
    AcceptedPost,
    DroppedPost,
    InboxDraft,
    Inquiry,
    LivePost,
    ReconcileResult,
)

UPLOADING, INBOX, COMPLETE, FAILED = "PROCESSING_UPLOAD", "SEND_TO_USER_INBOX", "PUBLISH_COMPLETE", "FAILED"

#: Seconds between two polls: the limit of 30 a minute is for all posts of an account.
POLL_S = 20.0
#: Longest wait for the id of a public post.
MAX_ID_WAIT = timedelta(minutes=10)
#: Time after the last call in which its bytes may still be under way.
TIKTOK_IN_FLIGHT_TIME = timedelta(seconds=60)


def outcome_of(account: PostingAccount, inquiry: Inquiry, status: PublishStatus) -> ReconcileResult:
    """Return the outcome: `AbsentPost` only for a video that lacks bytes, once no more of them can arrive."""
    stored = handle.read_handle(inquiry.prepared)
    if status.status == FAILED:
        return dropped_post(status)
    if status.status == INBOX:
        return InboxDraft()
    if status.status == COMPLETE:
        return complete_post(account, inquiry, stored, status)
    if status.status == UPLOADING and stored.upload and lacks_bytes(status, stored.upload):
        return inquiry.confirm(AbsentPost(), in_flight=TIKTOK_IN_FLIGHT_TIME)
    return accepted_post(stored)


def lacks_bytes(status: PublishStatus, upload: VideoUpload) -> bool:
    """Return whether the status reports missing bytes; False without a figure, or with an impossible one."""
    return status.uploaded_bytes is not None and 0 <= status.uploaded_bytes < upload.size


def complete_post(
    account: PostingAccount, inquiry: Inquiry, stored: TikTokHandle, status: PublishStatus
) -> LivePost | AcceptedPost:
    """Return the live post, with its id if public: other posts, such as an owner's draft, get none.

    `AcceptedPost` while TikTok may still add the id of a public post.
    """
    if status.publicaly_available_post_id:
        return live_post(account, stored, str(status.publicaly_available_post_id[0]))
    if stored.level == PUBLIC and inquiry.now < inquiry.sent_at + MAX_ID_WAIT:
        return accepted_post(stored)
    return LivePost(external_id=None, external_url=None)


def live_post(account: PostingAccount, stored: TikTokHandle, post_id: str) -> LivePost:
    url = f"{account.service_url}/@{account.handle}/{stored.kind}/{post_id}"
    return LivePost(external_id=post_id, external_url=url)


def accepted_post(stored: TikTokHandle) -> AcceptedPost:
    return AcceptedPost(handle=msgspec.to_builtins(stored), after_s=POLL_S)


def dropped_post(status: PublishStatus) -> DroppedPost:
    return DroppedPost(errors.fail_reason_error(status.fail_reason))
