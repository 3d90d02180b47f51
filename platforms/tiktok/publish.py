"""Adapter for TikTok accounts: a video's last chunk creates its post, photos are fetched after one call.

A video's publish_id is stored before its last byte is sent, and its status shows the result: exactly once. So
videos are uploaded (FILE_UPLOAD), not fetched. Photos have an id only once TikTok has them; after a lost
response the tickets' addresses show whether TikTok fetched any.
"""

from contextlib import suppress
from dataclasses import dataclass

import httpx
import msgspec

from domain.publishing.outgoing import PostingAccount
from platforms.tiktok import api, creator, handle, outcome, photos, video
from platforms.tiktok.handle import TikTokHandle
from schemas.errors import OutcomeUnknown, PlatformError, PreparationExpired, Throttled, Unavailable
from workers.platforms.contract import (
    AbsentPost,
    AcceptedPost,
    Adapter,
    DroppedPost,
    Inquiry,
    PostDraft,
    PreparedPost,
    ReconcileResult,
    SendResult,
    UndecidedPost,
)
from workers.platforms.http import PlatformApi

#: Seconds until the next poll after a throttled status call.
THROTTLED_S = 60.0


@dataclass(frozen=True)
class TikTokAdapter(Adapter):
    """Adapter of TikTok.

    `client` is that of `workers.web.fetch.open_client`, `base` the API's address.
    """

    client: httpx.AsyncClient
    base: str

    async def prepare(
        self, account: PostingAccount, draft: PostDraft, so_far: PreparedPost | None = None
    ) -> PreparedPost:
        server = self.server(account)
        if so_far is not None and can_continue(handle.read_handle(so_far), draft):
            return await video.continue_upload(server, draft, so_far)
        creator_info = None if draft.mode == "draft" else await api.get_creator(server)
        level = creator.check_draft(account, draft, creator_info)
        if draft.media[0].kind == "video":
            return await video.begin(server, draft, creator_info, level)
        return photos.prepare(draft, creator_info, level)

    async def send(
        self, account: PostingAccount, prepared: PreparedPost, draft: PostDraft, *, timeout_s: float
    ) -> SendResult:
        stored = handle.read_handle(prepared)
        if not handle.has_label_and_level_of(stored, draft):
            raise PreparationExpired(
                "DISCLOSURE_CHANGED", "it was prepared without its AI label or privacy level"
            )
        if stored.kind == "photo":
            started = await api.content_init(self.server(account), prepared.request, timeout_s=timeout_s)
            return outcome.accepted_post(msgspec.structs.replace(stored, publish_id=started.publish_id))
        upload = video.upload_of(stored)
        if not upload.is_good(draft.now):
            raise PreparationExpired("UPLOAD_EXPIRED", "the video's upload has expired: it is uploaded again")
        try:
            answer = await video.put_last_chunk(
                self.server(account), draft.media[0], prepared, timeout_s=timeout_s
            )
        except PreparationExpired as error:
            raise await self.expired(account, stored, error) from error
        except Unavailable as error:  # The media storage failed, maybe half-way.
            raise OutcomeUnknown(
                "ANSWER_LOST", "the upload of the video's last part broke off: it may be live"
            ) from error
        if answer.status != video.VIDEO_RECEIVED:
            raise OutcomeUnknown(
                "ANSWER_UNCLEAR", f"TikTok returned {answer.status} for the video's last part: it may be live"
            )
        return outcome.accepted_post(stored)

    async def expired(
        self, account: PostingAccount, stored: TikTokHandle, error: PreparationExpired
    ) -> PlatformError:
        """Return the error of an expired address: nothing is live if TikTok still lacks bytes.

        An address may also expire because its video is complete.
        """
        with suppress(PlatformError):
            status = await api.get_status(self.server(account), stored.publish_id or "")
            if status.status == outcome.FAILED:
                return outcome.dropped_post(status).why
            if status.status == outcome.UPLOADING and outcome.lacks_bytes(status, video.upload_of(stored)):
                return error
        return OutcomeUnknown("ANSWER_UNCLEAR", "TikTok accepts no more of the video: it may be live")

    async def poll(self, account: PostingAccount, inquiry: Inquiry) -> SendResult:
        try:
            result = await self.reconcile(account, inquiry)
        except Throttled as error:
            return AcceptedPost(handle=inquiry.prepared.handle, after_s=error.after_s or THROTTLED_S)
        if isinstance(result, DroppedPost):
            raise result.why
        return (
            outcome.accepted_post(handle.read_handle(inquiry.prepared))
            if isinstance(result, AbsentPost | UndecidedPost)
            else result
        )

    async def reconcile(self, account: PostingAccount, inquiry: Inquiry) -> ReconcileResult:
        """Return the outcome by the post's status. Photos without an id are absent if none was fetched."""
        stored = handle.read_handle(inquiry.prepared)
        if stored.publish_id is None:
            return AbsentPost() if inquiry.fetched is False else UndecidedPost()
        return outcome.outcome_of(
            account, inquiry, await api.get_status(self.server(account), stored.publish_id)
        )

    def server(self, account: PostingAccount) -> PlatformApi:
        return PlatformApi(client=self.client, base=self.base, token=account.access_token)


def can_continue(stored: TikTokHandle, draft: PostDraft) -> bool:
    """Return whether the upload of a video may continue, instead of starting over."""
    return video.upload_of(stored).is_good(draft.now) and handle.has_label_and_level_of(stored, draft)
