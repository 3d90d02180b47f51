"""Adapter for accounts on a server of Mastodon's API: exactly once if it keeps keys, else reconciled.

Mastodon keeps an Idempotency-Key and returns the first post for a repeat. Other programs of the API ignore
it: there the account's own list shows whether a post with a lost response is live.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
import msgspec

from domain.publishing.outgoing import PostingAccountWithAccessToken
from platforms.mastodon import api, reconcile, uploads
from platforms.mastodon.api import MastodonApi
from platforms.mastodon.reconcile import MastodonPostToFind
from workers.platforms import media
from workers.platforms.contract import (
    PlatformAdapter,
    PostInquiry,
    PostPrepareResult,
    PostToPublish,
    ReconcileResult,
    SendResult,
)

#: Safe retention of a key, out of Mastodon's hour at most.
MASTODON_IDEMPOTENCY_KEY_RETENTION = timedelta(minutes=50)
#: Time after the last call in which its post may still be created or listed.
MIN_MASTODON_WAIT_TO_PROVE_POST_ABSENT = timedelta(seconds=60)


class MastodonPostPreparationState(msgspec.Struct, rename="camel"):
    """Handle of a post: `prepared_at` is before the calls with `key`, `after` the newest post at the time."""

    key: str
    prepared_at: datetime
    after: str | None


class MastodonStatusRequest(msgspec.Struct):
    """The body of POST /api/v1/statuses. Never with `scheduled_at`, which creates no post yet."""

    status: str
    media_ids: list[str]
    visibility: str
    language: str | msgspec.UnsetType = msgspec.UNSET


@dataclass(frozen=True)
class MastodonAdapter(PlatformAdapter):
    """Adapter of Mastodon; `client` is that of `workers.web.fetch.open_ssrf_guarded_client`."""

    client: httpx.AsyncClient

    def may_repeat_send_safely(self, account: PostingAccountWithAccessToken, inquiry: PostInquiry) -> bool:
        """Return whether the Mastodon server still keeps the post's Idempotency-Key.

        Then a repeat creates no second post. The key's age is counted from the preparation: `sent_at` is the
        time of the last call, not the first.
        """
        age = inquiry.now - decode_mastodon_post_preparation_state(inquiry.prepared).prepared_at
        return account.traits.get("tokenExact") is True and age < MASTODON_IDEMPOTENCY_KEY_RETENTION

    async def prepare(
        self,
        account: PostingAccountWithAccessToken,
        draft: PostToPublish,
        so_far: PostPrepareResult | None = None,  # noqa: ARG002
    ) -> PostPrepareResult:
        media.recheck_post_files(account, draft)
        server = MastodonApi.for_account(account, self.client)
        after = await reconcile.find_newest_mastodon_status_id(server, account.external_id)
        media_ids = [await uploads.upload_mastodon_file_until_ready(server, file) for file in draft.media]
        language = draft.language or msgspec.UNSET
        post = MastodonStatusRequest(status=draft.caption, media_ids=media_ids, visibility="public", language=language)
        handle = MastodonPostPreparationState(key=str(draft.post_id), prepared_at=draft.now, after=after)
        return PostPrepareResult(handle=msgspec.to_builtins(handle), request=msgspec.json.encode(post))

    async def send(
        self,
        account: PostingAccountWithAccessToken,
        prepared: PostPrepareResult,
        draft: PostToPublish,  # noqa: ARG002
        *,
        timeout_s: float,
    ) -> SendResult:
        status = await api.publish_mastodon_status(
            MastodonApi.for_account(account, self.client),
            prepared.request,
            key=decode_mastodon_post_preparation_state(prepared).key,
            timeout_s=timeout_s,
        )
        return reconcile.build_mastodon_live_post(status)

    async def reconcile(self, account: PostingAccountWithAccessToken, inquiry: PostInquiry) -> ReconcileResult:
        post = msgspec.json.decode(inquiry.prepared.request, type=MastodonStatusRequest)
        sent_post = MastodonPostToFind(
            text=post.status,
            media_ids=post.media_ids,
            after=decode_mastodon_post_preparation_state(inquiry.prepared).after,
        )
        result = await reconcile.find_sent_mastodon_post(
            MastodonApi.for_account(account, self.client), account.external_id, sent_post
        )
        return inquiry.withhold_unproved_absence(result, in_flight=MIN_MASTODON_WAIT_TO_PROVE_POST_ABSENT)


def decode_mastodon_post_preparation_state(prepared: PostPrepareResult) -> MastodonPostPreparationState:
    return msgspec.convert(prepared.handle, MastodonPostPreparationState)
