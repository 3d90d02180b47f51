"""Adapter for accounts on Bluesky, or on any other Personal Data Server: exactly once.

The adapter chooses the record's key, and stores its bytes before it sends them. `putRecord` with both and
`swapRecord: null` creates the record or finds it existing, however often it is repeated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import msgspec

from domain.publishing.outgoing import PostingAccountWithAccessToken
from platforms.bluesky import api
from platforms.bluesky.api import PdsApi
from platforms.bluesky.record import build_bluesky_post_record, compute_bluesky_record_key, list_mentioned_handles
from schemas.errors import PlatformError, PlatformRefusal, PostOutcomeUnknown
from workers.platforms import media
from workers.platforms.contract import (
    AbsentPost,
    LivePost,
    PlatformAdapter,
    PostFile,
    PostInquiry,
    PostPrepareResult,
    PostToPublish,
    ReconcileResult,
    SendResult,
    UnprovedPost,
)

#: Time after the last call in which its request may still arrive, so that the post's absence proves nothing.
MIN_BLUESKY_WAIT_TO_PROVE_POST_ABSENT = timedelta(seconds=60)
#: Most mentions of a post that are resolved.
MAX_RESOLVED_MENTIONS = 10


class PutRecordInput(msgspec.Struct, rename="camel"):
    """The input of com.atproto.repo.putRecord."""

    repo: str
    collection: str
    rkey: str
    record: dict[str, Any]
    swap_record: None = None


@dataclass(frozen=True)
class BlueskyAdapter(PlatformAdapter):
    """Adapter of Bluesky; `client` is that of `workers.web.fetch.open_ssrf_guarded_client`."""

    client: httpx.AsyncClient

    def may_repeat_send_safely(self, account: PostingAccountWithAccessToken, inquiry: PostInquiry) -> bool:  # noqa: ARG002
        """Return True: on Bluesky a repeated send of the same post never creates a second one."""
        return True

    async def prepare(
        self,
        account: PostingAccountWithAccessToken,
        draft: PostToPublish,
        so_far: PostPrepareResult | None = None,  # noqa: ARG002
    ) -> PostPrepareResult:
        """Check and upload the post's files; return the key of its record and the bytes to send.

        A repeat leaves no extra files. Raise `PlatformRefusal` by a file's size or type, any `PlatformError`.
        """
        media.recheck_post_files(account, draft)
        server = PdsApi.for_account(account, self.client)
        await check_video_bytes_against_pds_limit(server, draft.media)
        blobs = [await upload_post_file(server, file) for file in draft.media]
        people = await resolve_mentions(server, draft.caption)
        key, record = (
            compute_bluesky_record_key(draft.post_id, draft.created_at),
            build_bluesky_post_record(draft, blobs, people),
        )
        put = PutRecordInput(repo=account.external_id, collection=api.BLUESKY_POST_COLLECTION, rkey=key, record=record)
        return PostPrepareResult(handle={"rkey": key}, request=msgspec.json.encode(put))

    async def send(
        self,
        account: PostingAccountWithAccessToken,
        prepared: PostPrepareResult,
        draft: PostToPublish,  # noqa: ARG002
        *,
        timeout_s: float,
    ) -> SendResult:
        try:
            await api.put_pds_record(PdsApi.for_account(account, self.client), prepared.request, timeout_s=timeout_s)
        except PlatformRefusal as error:
            if error.code != api.RECORD_KEY_TAKEN_CODE:
                raise
            return await self.read_post_at_taken_key(account, prepared)
        return build_bluesky_live_post(prepared)

    async def read_post_at_taken_key(
        self, account: PostingAccountWithAccessToken, prepared: PostPrepareResult
    ) -> LivePost:
        """Return the post that exists on Bluesky under the prepared record's key.

        Raises `PostOutcomeUnknown` if the record under that key differs, is missing or can't be read.
        """
        try:
            post = await self.check_if_prepared_post_is_live(account, prepared)
        except PlatformError as error:
            raise PostOutcomeUnknown(api.RECORD_KEY_TAKEN_CODE, f"the post's key is taken, and {error}") from error
        if isinstance(post, LivePost):
            return post
        raise PostOutcomeUnknown(
            api.RECORD_KEY_TAKEN_CODE, "another post has this post's key: check the account and resolve the post"
        )

    async def reconcile(self, account: PostingAccountWithAccessToken, inquiry: PostInquiry) -> ReconcileResult:
        return inquiry.withhold_unproved_absence(
            await self.check_if_prepared_post_is_live(account, inquiry.prepared),
            in_flight=MIN_BLUESKY_WAIT_TO_PROVE_POST_ABSENT,
        )

    async def check_if_prepared_post_is_live(
        self, account: PostingAccountWithAccessToken, prepared: PostPrepareResult
    ) -> ReconcileResult:
        put = msgspec.json.decode(prepared.request, type=PutRecordInput)
        record = await api.get_pds_record(
            PdsApi.for_account(account, self.client), repo=put.repo, collection=put.collection, rkey=put.rkey
        )
        if record is None:
            return AbsentPost()
        return build_bluesky_live_post(prepared) if record.value == put.record else UnprovedPost()


def build_bluesky_live_post(prepared: PostPrepareResult) -> LivePost:
    """Return a prepared post as live: its `at://` URI and the URL of its page on bsky.app, for any server."""
    put = msgspec.json.decode(prepared.request, type=PutRecordInput)
    return LivePost(
        external_id=f"at://{put.repo}/{put.collection}/{put.rkey}",
        external_url=f"https://bsky.app/profile/{put.repo}/post/{put.rkey}",
    )


async def check_video_bytes_against_pds_limit(server: PdsApi, files: Sequence[PostFile]) -> None:
    """Raise `PlatformRefusal` if a video of the post is larger than the account's server accepts.

    Raise a `PlatformError` if the limit can't be read; without one, nothing. The server may silently drop the file.
    """
    sizes = [file.size_bytes for file in files if file.kind == "video"]
    limit = await api.get_pds_upload_limit_bytes(server) if sizes else None
    if limit is not None and max(sizes) > limit:
        raise PlatformRefusal("MEDIA_TOO_LARGE", f"the account's server accepts no file above {limit} bytes")


async def upload_post_file(server: PdsApi, file: PostFile) -> dict[str, Any]:
    async with file.read() as chunks:
        return await api.upload_pds_blob(server, chunks, mime_type=file.mime_type, size_bytes=file.size_bytes)


async def resolve_mentions(server: PdsApi, caption: str) -> dict[str, str]:
    """Return DIDs by handle of the first `MAX_RESOLVED_MENTIONS` mentions, no unknown ones. Raise `PlatformError`."""
    dids = {
        handle: await api.resolve_bluesky_handle(server, handle)
        for handle in list_mentioned_handles(caption)[:MAX_RESOLVED_MENTIONS]
    }
    return {handle: did for handle, did in dids.items() if did is not None}
