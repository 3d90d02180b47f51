"""Adapter for TikTok accounts: a video's last chunk creates its post, photos are fetched after one call.

A video's publish_id is stored before its last byte is sent, and its status shows the result: exactly once. So
videos are uploaded (FILE_UPLOAD), not fetched. Photos have an id only once TikTok has them; after a lost
response the tickets' addresses show whether TikTok fetched any.
"""

from contextlib import suppress
from dataclasses import dataclass

import httpx
import msgspec

from domain.publishing.outgoing import PostingAccountWithAccessToken
from platforms.tiktok import api, creator, errors, handle, outcome, photos, video
from platforms.tiktok.handle import SavedTikTokPostProgress
from schemas.errors import (
    PlatformError,
    PlatformThrottled,
    PostOutcomeUnknown,
    PostPreparationExpired,
    ServiceUnavailable,
)
from workers.platforms.contract import (
    AbsentPost,
    AcceptedPost,
    LaterDroppedPost,
    PlatformAdapter,
    PostInquiry,
    PostPrepareResult,
    PostToPublish,
    ReconcileResult,
    SendResult,
    UnprovedPost,
)
from workers.platforms.http import PlatformApi

#: Seconds until the next poll after a throttled status call.
THROTTLED_POLL_PAUSE_S = 60.0


@dataclass(frozen=True)
class TikTokAdapter(PlatformAdapter):
    """Adapter of TikTok.

    `client` is that of `workers.web.fetch.open_ssrf_guarded_client`, `base` the API's address.
    """

    client: httpx.AsyncClient
    base: str

    async def prepare(
        self, account: PostingAccountWithAccessToken, draft: PostToPublish, so_far: PostPrepareResult | None = None
    ) -> PostPrepareResult:
        server = self.build_api_client(account)
        if so_far is not None and may_continue_video_upload(handle.decode_saved_tiktok_post_progress(so_far), draft):
            return await video.continue_video_upload(server, draft, so_far)
        creator_info = None if draft.mode == "draft" else await api.get_tiktok_creator_info(server)
        level = creator.check_draft_and_choose_privacy_level(account, draft, creator_info)
        if draft.media[0].kind == "video":
            return await video.begin_video_upload(server, draft, creator_info, level)
        return photos.prepare_tiktok_photo_post(draft, creator_info, level)

    async def send(
        self,
        account: PostingAccountWithAccessToken,
        prepared: PostPrepareResult,
        draft: PostToPublish,
        *,
        timeout_s: float,
    ) -> SendResult:
        stored = handle.decode_saved_tiktok_post_progress(prepared)
        if not handle.does_prepared_ai_label_and_privacy_match(stored, draft):
            raise PostPreparationExpired("DISCLOSURE_CHANGED", "it was prepared without its AI label or privacy level")
        if stored.kind == "photo":
            started = await api.publish_tiktok_photos(
                self.build_api_client(account), prepared.request, timeout_s=timeout_s
            )
            return outcome.build_accepted_tiktok_post(msgspec.structs.replace(stored, publish_id=started.publish_id))
        upload = video.get_video_upload_plan(stored)
        if not upload.is_upload_url_fresh(draft.now):
            raise PostPreparationExpired("UPLOAD_EXPIRED", "the video's upload has expired: it is uploaded again")
        try:
            answer = await video.publish_video_by_last_chunk(
                self.build_api_client(account), draft.media[0], prepared, timeout_s=timeout_s
            )
        except PostPreparationExpired as error:
            raise await self.choose_error_of_expired_upload_by_status(account, stored, error) from error
        except ServiceUnavailable as error:  # The media storage failed, maybe half-way.
            raise PostOutcomeUnknown(
                "ANSWER_LOST", "the upload of the video's last part broke off: it may be live"
            ) from error
        if answer.status != video.VIDEO_RECEIVED_HTTP_STATUS:
            raise PostOutcomeUnknown(
                "ANSWER_UNCLEAR", f"TikTok returned {answer.status} for the video's last part: it may be live"
            )
        return outcome.build_accepted_tiktok_post(stored)

    async def choose_error_of_expired_upload_by_status(
        self, account: PostingAccountWithAccessToken, stored: SavedTikTokPostProgress, error: PostPreparationExpired
    ) -> PlatformError:
        """Return the error for an expired TikTok upload URL, after a query of the post's status.

        If TikTok still lacks bytes of the video, `error` itself; for a failed post, that failure's error.
        Else `PostOutcomeUnknown`: a URL may also expire because its video is complete.
        """
        with suppress(PlatformError):
            status = await api.get_tiktok_post_status(self.build_api_client(account), stored.publish_id or "")
            if status.status == outcome.TIKTOK_FAILED_STATUS:
                return errors.build_tiktok_fail_reason_error(status.fail_reason)
            if status.status == outcome.TIKTOK_UPLOADING_STATUS and outcome.is_upload_incomplete(
                status, video.get_video_upload_plan(stored)
            ):
                return error
        return PostOutcomeUnknown("ANSWER_UNCLEAR", "TikTok accepts no more of the video: it may be live")

    async def poll(self, account: PostingAccountWithAccessToken, inquiry: PostInquiry) -> SendResult:
        try:
            result = await self.reconcile(account, inquiry)
        except PlatformThrottled as error:
            return AcceptedPost(handle=inquiry.prepared.handle, after_s=error.after_s or THROTTLED_POLL_PAUSE_S)
        if isinstance(result, LaterDroppedPost):
            raise result.why
        if isinstance(result, AbsentPost | UnprovedPost):
            return outcome.build_accepted_tiktok_post(handle.decode_saved_tiktok_post_progress(inquiry.prepared))
        return result

    async def reconcile(self, account: PostingAccountWithAccessToken, inquiry: PostInquiry) -> ReconcileResult:
        """Query TikTok for a sent post, and return its outcome.

        Photos without a publish id are not queried: they are `AbsentPost` if TikTok fetched none, else
        `UnprovedPost`.
        """
        stored = handle.decode_saved_tiktok_post_progress(inquiry.prepared)
        if stored.publish_id is None:
            return AbsentPost() if inquiry.fetched is False else UnprovedPost()
        return outcome.choose_outcome_by_publish_status(
            account, inquiry, await api.get_tiktok_post_status(self.build_api_client(account), stored.publish_id)
        )

    def build_api_client(self, account: PostingAccountWithAccessToken) -> PlatformApi:
        return PlatformApi(client=self.client, base=self.base, token=account.access_token)


def may_continue_video_upload(stored: SavedTikTokPostProgress, draft: PostToPublish) -> bool:
    """Return whether a begun TikTok video upload may continue instead of starting over.

    Its URL must be valid, and it must have the draft's AI label and a chosen privacy level.
    """
    return video.get_video_upload_plan(stored).is_upload_url_fresh(
        draft.now
    ) and handle.does_prepared_ai_label_and_privacy_match(stored, draft)
