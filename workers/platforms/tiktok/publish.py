"""Posts to a TikTok account: a video by its last chunk, photos by a call that lets TikTok fetch them.

What became of a video is known by its publish_id, which is kept before its last byte leaves: exactly once
while the id is known (research 5.7). Photos have an id only once they are taken; of a call whose answer was
lost, our own addresses say whether TikTok came for them.
"""

from contextlib import suppress

import httpx
import msgspec

from domain.publishing.outgoing import Account
from schemas.errors import OutcomeUnknown, Outdated, PlatformError, Throttled, Unavailable
from workers.platforms.contract import (
    Absent,
    Draft,
    Found,
    GivenUp,
    Inquiry,
    Prepared,
    Sent,
    Taken,
    Undecided,
)
from workers.platforms.tiktok import api, creator, handle, outcome, photos, video
from workers.platforms.tiktok.api import Api
from workers.platforms.tiktok.handle import Handle

#: After a status that TikTok would not give so soon.
THROTTLED_S = 60.0


class TikTok(msgspec.Struct, frozen=True):
    """The adapter; `client` is `workers.web.fetch.open_client`'s, `base` the API's address."""

    client: httpx.AsyncClient
    base: str

    def repeatable(self, account: Account, inquiry: Inquiry) -> bool:  # noqa: ARG002
        """Never: what became of it can be asked."""
        return False

    async def prepare(self, account: Account, draft: Draft, so_far: Prepared | None = None) -> Prepared:
        server = self.server(account)
        if so_far is not None and video.uploaded(handle.read(so_far)).is_good(draft.now):
            return await video.go_on(server, draft, so_far)
        made = None if draft.mode == "draft" else await api.creator_info(server)
        creator.check(account, draft, made)
        if draft.media[0].kind == "video":
            return await video.begin(server, draft, made)
        return photos.prepare(draft, made)

    async def send(self, account: Account, prepared: Prepared, draft: Draft, *, timeout_s: float) -> Sent:
        kept = handle.read(prepared)
        if kept.kind == "photo":
            begun = await api.content_init(self.server(account), prepared.request, timeout_s=timeout_s)
            return outcome.taken(msgspec.structs.replace(kept, publish_id=begun.publish_id))
        upload = video.uploaded(kept)
        if not upload.is_good(draft.now):
            raise Outdated("UPLOAD_EXPIRED", "the video's upload has run out: it is uploaded anew")
        try:
            answer = await video.put_last(self.server(account), draft.media[0], prepared, timeout_s=timeout_s)
        except Outdated as error:
            raise await self.gone(account, kept, error) from error
        except Unavailable as error:  # Of our own storage, maybe half-way.
            raise OutcomeUnknown(
                "ANSWER_LOST", "the video's last part was broken off: it may be live"
            ) from error
        if answer.status != video.WHOLE:
            raise OutcomeUnknown(
                "ANSWER_UNCLEAR", f"TikTok answered {answer.status} to the video's last part: it may be live"
            )
        return outcome.taken(kept)

    async def gone(self, account: Account, kept: Handle, error: Outdated) -> PlatformError:
        """What it proves that the address takes no byte: that nothing is live, if TikTok misses some.

        An address may end with its video, too.
        """
        with suppress(PlatformError):
            said = await api.status(self.server(account), kept.publish_id or "")
            if said.status == outcome.FAILED:
                return outcome.given_up(said).why
            if said.status == outcome.UPLOADING and outcome.has_less(said, video.uploaded(kept)):
                return error
        return OutcomeUnknown("ANSWER_UNCLEAR", "TikTok takes no more of the video: it may be live")

    async def poll(self, account: Account, inquiry: Inquiry) -> Sent:
        try:
            found = await self.reconcile(account, inquiry)
        except Throttled as error:
            return Taken(handle=inquiry.prepared.handle, after_s=error.after_s or THROTTLED_S)
        if isinstance(found, GivenUp):
            raise found.why
        return (
            outcome.taken(handle.read(inquiry.prepared)) if isinstance(found, Absent | Undecided) else found
        )

    async def reconcile(self, account: Account, inquiry: Inquiry) -> Found:
        """Of photos without an id nothing can be asked: they are absent if nobody ever came for one."""
        kept = handle.read(inquiry.prepared)
        if kept.publish_id is None:
            return Absent() if inquiry.fetched is False else Undecided()
        return outcome.judge(account, inquiry, await api.status(self.server(account), kept.publish_id))

    def server(self, account: Account) -> Api:
        return Api(client=self.client, base=self.base, token=account.access_token)
