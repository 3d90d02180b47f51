"""Outcome of a post, by its status at TikTok."""

from datetime import timedelta

import msgspec

from domain.publishing.outgoing import PostingAccountWithAccessToken
from platforms.tiktok import errors, handle
from platforms.tiktok.api import TikTokPublishStatus
from platforms.tiktok.creator import TIKTOK_PUBLIC_PRIVACY_LEVEL
from platforms.tiktok.handle import SavedTikTokPostProgress, VideoUploadPlan
from workers.platforms.contract import (
    AbsentPost,
    AcceptedPost,
    InboxDraft,
    LaterDroppedPost,
    LivePost,
    PostInquiry,
    ReconcileResult,
)

TIKTOK_UPLOADING_STATUS = "PROCESSING_UPLOAD"
TIKTOK_SENT_TO_INBOX_STATUS = "SEND_TO_USER_INBOX"
TIKTOK_PUBLISHED_STATUS = "PUBLISH_COMPLETE"
TIKTOK_FAILED_STATUS = "FAILED"

#: Seconds between two polls: the limit of 30 a minute is for all posts of an account.
TIKTOK_POLL_PAUSE_S = 20.0
#: Longest wait for the id of a public post.
MAX_TIKTOK_POST_ID_WAIT = timedelta(minutes=10)
#: Time after the last call in which its bytes may still be under way.
MIN_TIKTOK_WAIT_TO_PROVE_POST_ABSENT = timedelta(seconds=60)


def choose_outcome_by_publish_status(
    account: PostingAccountWithAccessToken, inquiry: PostInquiry, status: TikTokPublishStatus
) -> ReconcileResult:
    """Return the outcome of a sent TikTok post by the status that TikTok reports.

    `AbsentPost` only for a video that lacks bytes, once no more of them can arrive.
    """
    stored = handle.decode_saved_tiktok_post_progress(inquiry.prepared)
    if status.status == TIKTOK_FAILED_STATUS:
        return LaterDroppedPost(errors.build_tiktok_fail_reason_error(status.fail_reason))
    if status.status == TIKTOK_SENT_TO_INBOX_STATUS:
        return InboxDraft()
    if status.status == TIKTOK_PUBLISHED_STATUS:
        return build_published_post_outcome(account, inquiry, stored, status)
    if status.status == TIKTOK_UPLOADING_STATUS and stored.upload and is_upload_incomplete(status, stored.upload):
        return inquiry.withhold_unproved_absence(AbsentPost(), in_flight=MIN_TIKTOK_WAIT_TO_PROVE_POST_ABSENT)
    return build_accepted_tiktok_post(stored)


def is_upload_incomplete(status: TikTokPublishStatus, upload: VideoUploadPlan) -> bool:
    """Return whether TikTok's status shows that bytes of the video are missing.

    False if the status has no byte count, or an impossible one.
    """
    return status.uploaded_bytes is not None and 0 <= status.uploaded_bytes < upload.size


def build_published_post_outcome(
    account: PostingAccountWithAccessToken,
    inquiry: PostInquiry,
    stored: SavedTikTokPostProgress,
    status: TikTokPublishStatus,
) -> LivePost | AcceptedPost:
    """Return a published TikTok post as live, with its id if TikTok reports one.

    Only public posts get an id. Without the id of a public post, return `AcceptedPost` while TikTok may still
    add it, at most `MAX_TIKTOK_POST_ID_WAIT` after the call.
    """
    if status.publicaly_available_post_id:
        post_id = str(status.publicaly_available_post_id[0])
        url = f"{account.service_url}/@{account.handle}/{stored.kind}/{post_id}"
        return LivePost(external_id=post_id, external_url=url)
    if stored.level == TIKTOK_PUBLIC_PRIVACY_LEVEL and inquiry.now < inquiry.sent_at + MAX_TIKTOK_POST_ID_WAIT:
        return build_accepted_tiktok_post(stored)
    return LivePost(external_id=None, external_url=None)


def build_accepted_tiktok_post(stored: SavedTikTokPostProgress) -> AcceptedPost:
    return AcceptedPost(handle=msgspec.to_builtins(stored), after_s=TIKTOK_POLL_PAUSE_S)
