"""Posts to an account on a server of Mastodon's API: exactly once where it keeps keys, else found again.

Mastodon keeps an Idempotency-Key for an hour, and answers a repeat with the post that is there. Other
programs of the same API ignore it (research 5.5): there a lost answer is settled by the account's own list.
"""

from datetime import datetime, timedelta

import httpx
import msgspec

from domain.publishing.outgoing import Account
from workers.platforms import media
from workers.platforms.contract import Absent, Draft, Found, Inquiry, Prepared, Sent, Undecided
from workers.platforms.mastodon import api, finding, uploads
from workers.platforms.mastodon.api import Api
from workers.platforms.mastodon.finding import Wanted

#: Of the hour that a key is kept, what is safe to count on.
KEY_KEPT = timedelta(minutes=50)
#: For that long after the last call its post may still come to be, or to be listed.
SETTLE = timedelta(seconds=60)


class Handle(msgspec.Struct, rename="camel"):
    """`prepared_at` is before any call with `key`; `after` was the account's newest post then."""

    key: str
    prepared_at: datetime
    after: str | None


class Post(msgspec.Struct):
    """The body of POST /api/v1/statuses. Never `scheduled_at`: the time is ours to keep."""

    status: str
    media_ids: list[str]
    visibility: str
    language: str | msgspec.UnsetType = msgspec.UNSET


class Mastodon(msgspec.Struct, frozen=True):
    """The adapter; `client` is `workers.web.fetch.open_client`'s."""

    client: httpx.AsyncClient

    def repeatable(self, account: Account, inquiry: Inquiry) -> bool:
        """Counted from before the first call: `sent_at` is that of the last."""
        age = inquiry.now - handle(inquiry.prepared).prepared_at
        return account.traits.get("tokenExact") is True and age < KEY_KEPT

    async def prepare(self, account: Account, draft: Draft, so_far: Prepared | None = None) -> Prepared:  # noqa: ARG002
        media.check(account, draft)
        server = self.server(account)
        after = await finding.newest(server, account.external_id)
        media_ids = [await uploads.upload(server, file) for file in draft.media]
        language = draft.language or msgspec.UNSET
        post = Post(status=draft.caption, media_ids=media_ids, visibility="public", language=language)
        kept = Handle(key=str(draft.post_id), prepared_at=draft.now, after=after)
        return Prepared(handle=msgspec.to_builtins(kept), request=msgspec.json.encode(post))

    async def send(self, account: Account, prepared: Prepared, draft: Draft, *, timeout_s: float) -> Sent:  # noqa: ARG002
        status = await api.post_status(
            self.server(account), prepared.request, key=handle(prepared).key, timeout_s=timeout_s
        )
        return finding.live(status)

    async def poll(self, account: Account, inquiry: Inquiry) -> Sent:
        raise NotImplementedError("a server answers with the post at once: there is nothing to wait for")

    async def reconcile(self, account: Account, inquiry: Inquiry) -> Found:
        post = msgspec.json.decode(inquiry.prepared.request, type=Post)
        wanted = Wanted(text=post.status, media_ids=post.media_ids, after=handle(inquiry.prepared).after)
        found = await finding.find(self.server(account), account.external_id, wanted)
        settling_s = (inquiry.sent_at + SETTLE - inquiry.now).total_seconds()
        return Undecided(settling_s) if isinstance(found, Absent) and settling_s > 0 else found

    def server(self, account: Account) -> Api:
        return Api(client=self.client, base=account.service_url, token=account.access_token)


def handle(prepared: Prepared) -> Handle:
    return msgspec.convert(prepared.handle, Handle)
