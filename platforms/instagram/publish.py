"""Adapter for Instagram accounts: exactly once, as far as its containers' status is right.

A container exists before the irreversible call, and its status shows afterwards whether it was published. So
the call is repeated only if the status denies that. By reports Instagram refuses a second publish of a
container, but it does not document that.
"""

from dataclasses import dataclass

import httpx
import msgspec

from domain.publishing.outgoing import PostingAccountWithAccessToken
from platforms.instagram import api, containers, errors, reconcile
from platforms.instagram.containers import MAX_MEDIA_CONTAINER_AGE, ContainerPublishRequest, InstagramPostProgress
from schemas.errors import PlatformError, PostPreparationExpired
from workers.platforms import media
from workers.platforms.contract import (
    LivePost,
    PlatformAdapter,
    PostInquiry,
    PostPrepareResult,
    PostToPublish,
    ReconcileResult,
    SendResult,
)
from workers.platforms.http import PlatformApi

#: Part of the irreversible call's timeout for the call itself; the rest is for the post's address.
PUBLISH_CALL_SHARE_OF_SEND_TIMEOUT = 0.8


@dataclass(frozen=True)
class InstagramAdapter(PlatformAdapter):
    """Adapter of Instagram.

    `client` is that of `workers.web.fetch.open_ssrf_guarded_client`, `base` the Graph API's address.
    """

    client: httpx.AsyncClient
    base: str

    async def prepare(
        self, account: PostingAccountWithAccessToken, draft: PostToPublish, so_far: PostPrepareResult | None = None
    ) -> PostPrepareResult:
        """Run the next step of creating the post's Instagram containers; return the post's new state.

        Starts over with new containers if the earlier ones are too old to publish, or have another AI label.
        """
        server = self.build_api_client(account)
        handle = None if so_far is None else msgspec.convert(so_far.handle, InstagramPostProgress)
        if (
            handle is None
            or not does_prepared_ai_label_match(handle, draft)
            or draft.now - handle.began_at > MAX_MEDIA_CONTAINER_AGE
        ):
            media.recheck_post_files(account, draft)
            await check_instagram_daily_quota(server, account)
            handle = InstagramPostProgress(began_at=draft.now, is_ai_generated=draft.is_ai_generated)
        return await containers.run_media_container_step(server, account, draft, handle)

    async def send(
        self,
        account: PostingAccountWithAccessToken,
        prepared: PostPrepareResult,
        draft: PostToPublish,
        *,
        timeout_s: float,
    ) -> SendResult:
        if not does_prepared_ai_label_match(msgspec.convert(prepared.handle, InstagramPostProgress), draft):
            raise PostPreparationExpired(
                "DISCLOSURE_CHANGED", "it was prepared without its AI label: it is prepared again"
            )
        post = msgspec.json.decode(prepared.request, type=ContainerPublishRequest)
        server, call_s = self.build_api_client(account), PUBLISH_CALL_SHARE_OF_SEND_TIMEOUT * timeout_s
        media_id = await api.publish_container(server, account.external_id, post.creation_id, timeout_s=call_s)
        url = await get_permalink_or_none(server, media_id, timeout_s=timeout_s - call_s)
        return LivePost(external_id=media_id, external_url=url)

    async def reconcile(self, account: PostingAccountWithAccessToken, inquiry: PostInquiry) -> ReconcileResult:
        return await reconcile.reconcile_container(self.build_api_client(account), account, inquiry)

    def build_api_client(self, account: PostingAccountWithAccessToken) -> PlatformApi:
        return PlatformApi(client=self.client, base=self.base, token=account.access_token)


def does_prepared_ai_label_match(handle: InstagramPostProgress, draft: PostToPublish) -> bool:
    """Return whether the containers have an AI label exactly if the draft has one. An earlier release set none."""
    return handle.is_ai_generated == draft.is_ai_generated


async def check_instagram_daily_quota(server: PlatformApi, account: PostingAccountWithAccessToken) -> None:
    """Raise `PlatformThrottled` if an Instagram account has no post left today, by any application."""
    used = await api.get_instagram_quota_usage(server, account.external_id)
    if used.quota_usage >= used.config.quota_total:
        raise errors.INSTAGRAM_DAILY_POST_LIMIT_ERROR_MEANING.build_error()


async def get_permalink_or_none(server: PlatformApi, media_id: str, *, timeout_s: float) -> str | None:
    """Return the public address of a live Instagram post; None if it can't be read."""
    try:
        return await api.get_permalink(server, media_id, timeout_s=timeout_s)
    except PlatformError:
        return None
