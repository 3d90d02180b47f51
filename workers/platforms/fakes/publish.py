"""Adapter of a sandbox: nothing is sent, and the account's handle alone decides what happens.

| handle | what happens |
|---|---|
| `fail_auth` | the platform asks for a new connection: the account becomes `reauth_required` |
| `fail_content` | the platform won't have the post: it is `failed` |
| `rate_limited` | the platform throttles until 5 s after the post's own time, then takes it |
| `unknown_then_found` | the answer is lost; 20 s after the call the post is found |
| `unknown_forever` | the answer is lost, and the post is neither found nor proved absent |
| any other | the post is live at once, under a name made of its id; a draft lies in the inbox |
"""

from datetime import timedelta

import msgspec

from domain.publishing.outgoing import PostingAccountWithAccessToken
from schemas.errors import AccountReauthRequired, PlatformRefusal, PlatformThrottled, PostOutcomeUnknown
from workers.platforms.contract import (
    InboxDraft,
    LivePost,
    PlatformAdapter,
    PostInquiry,
    PostPrepareResult,
    PostToPublish,
    ReconcileResult,
    SendResult,
    UnprovedPost,
)

SANDBOX_THROTTLE_TIME = timedelta(seconds=5)
SANDBOX_POST_FOUND_AFTER = timedelta(seconds=20)


class SandboxAdapter(PlatformAdapter):
    """Adapter for all platforms of a sandbox. No call is repeatable: after a lost response only a search helps."""

    async def prepare(
        self,
        account: PostingAccountWithAccessToken,
        draft: PostToPublish,
        so_far: PostPrepareResult | None = None,  # noqa: ARG002
    ) -> PostPrepareResult:
        text = {"platform": account.platform, "handle": account.handle, "caption": draft.caption}
        return PostPrepareResult(handle={"post_id": str(draft.post_id)}, request=msgspec.json.encode(text))

    async def send(
        self,
        account: PostingAccountWithAccessToken,
        prepared: PostPrepareResult,
        draft: PostToPublish,
        *,
        timeout_s: float,  # noqa: ARG002
    ) -> SendResult:
        match account.handle:
            case "fail_auth":
                raise AccountReauthRequired(
                    "TOKEN_REFUSED", "the platform refuses the token: connect the account again"
                )
            case "fail_content":
                raise PlatformRefusal("PLATFORM_REJECTED", "the platform refuses the post: change its content")
            case "unknown_then_found" | "unknown_forever":
                raise PostOutcomeUnknown("ANSWER_LOST", "the platform's response was lost: the post may be live")
            case "rate_limited":
                raise_if_sandbox_throttled(draft)
        return InboxDraft() if draft.mode == "draft" else build_sandbox_live_post(account, prepared)

    async def poll(self, account: PostingAccountWithAccessToken, inquiry: PostInquiry) -> SendResult:
        return build_sandbox_live_post(account, inquiry.prepared)

    async def reconcile(self, account: PostingAccountWithAccessToken, inquiry: PostInquiry) -> ReconcileResult:
        if account.handle == "unknown_then_found" and inquiry.now - inquiry.sent_at >= SANDBOX_POST_FOUND_AFTER:
            return build_sandbox_live_post(account, inquiry.prepared)
        return UnprovedPost()


def raise_if_sandbox_throttled(draft: PostToPublish) -> None:
    """Raise `PlatformThrottled` for a sandbox post until `SANDBOX_THROTTLE_TIME` after its own time.

    Only stored times are compared: the sandbox's clock moves them.
    """
    remaining = draft.created_at + SANDBOX_THROTTLE_TIME - draft.now
    if remaining > timedelta():
        raise PlatformThrottled(
            "PLATFORM_RATE_LIMITED", "the platform limits the rate", after_s=remaining.total_seconds()
        )


def build_sandbox_live_post(account: PostingAccountWithAccessToken, prepared: PostPrepareResult) -> LivePost:
    post_id = prepared.handle["post_id"]
    url = f"https://example.test/{account.platform}/{account.handle}/{post_id}"
    return LivePost(external_id=f"sandbox-{post_id}", external_url=url)
