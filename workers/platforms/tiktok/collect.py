"""Collector for TikTok: the counts of public posts, with the owner's permission for `video.list`.

"Display API: Query Videos" (20 ids a call, 600 calls a minute) and "Get User Info" (`user.info.stats`),
November 2026. The response omits private and deleted posts. A success is an error of the code `ok`, as in the
rest of TikTok's API.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

import httpx
import msgspec

from domain.collection.visits import DuePost
from domain.publishing.outgoing import Account
from workers.platforms.collecting import CALL_S, Collector, Figures, Limits, allowed, figures
from workers.platforms.http import Api
from workers.platforms.tiktok import api

FIELDS = "id,view_count,like_count,comment_count,share_count"


class Video(msgspec.Struct):
    """A post's counts. Ids are numbers beyond a float's, mostly as text."""

    id: int | str
    view_count: int | None = None
    like_count: int | None = None
    comment_count: int | None = None
    share_count: int | None = None

    @property
    def figures(self) -> Figures:
        return figures(
            views=self.view_count,
            likes=self.like_count,
            comments=self.comment_count,
            shares=self.share_count,
        )


class Videos(msgspec.Struct):
    videos: list[Video] = []


class Counted(msgspec.Struct):
    follower_count: int | None = None


class Info(msgspec.Struct):
    user: Counted


@dataclass(frozen=True)
class TikTokCollector(Collector):
    """The collector; `client` is `workers.web.fetch.open_client`'s, `base` the API's address."""

    client: httpx.AsyncClient
    base: str
    limits: ClassVar[Limits] = Limits(batch=20, most=400)

    async def posts(self, account: Account, posts: Sequence[DuePost]) -> Mapping[UUID, Figures]:
        server = self.server(account)
        body = msgspec.json.encode({"filters": {"video_ids": [post.external_id for post in posts]}})
        url, found = f"{server.base}/v2/video/query/?fields={FIELDS}", dict[str, Figures]()
        with allowed():
            answer = await server.ask("POST", url, headers=api.JSON, content=body, timeout_s=CALL_S)
            found = {str(video.id): video.figures for video in api.opened(answer, Videos).videos}
        return {post.id: found[post.external_id] for post in posts if post.external_id in found}

    async def followers(self, account: Account) -> int | None:
        server = self.server(account)
        with allowed():
            url = f"{server.base}/v2/user/info/?fields=follower_count"
            return api.opened(await server.ask("GET", url, timeout_s=CALL_S), Info).user.follower_count
        return None

    def server(self, account: Account) -> Api:
        return Api(client=self.client, base=self.base, token=account.access_token)
