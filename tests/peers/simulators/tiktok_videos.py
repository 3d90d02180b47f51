"""Counts of public posts on the simulated TikTok (Display API: Query Videos).

[D] 20 ids a call, 600 calls a minute, the scope video.list; ids of other people, and of posts that aren't
public any more, are omitted. [ours] A non-numeric or repeated id fails the call.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from tests.peers.simulators.clock import SimulatorClock
from tests.peers.simulators.routing import Request, SimReply
from tests.peers.simulators.tiktok_errors import envelope, refused
from tests.peers.simulators.tiktok_oauth import TikTokOAuth
from tests.peers.simulators.tiktok_posts import Posts, TikTokPost, TikTokStage

MOST, A_MINUTE = 20, 600
COUNTS = ("view_count", "like_count", "comment_count", "share_count")
FIELDS = {"id", "title", *COUNTS}


class Videos:
    def __init__(self, clock: SimulatorClock, oauth: TikTokOAuth, posts: Posts) -> None:
        self._clock, self._oauth, self._posts = clock, oauth, posts

    async def query(self, request: Request) -> SimReply:
        """Serve `POST /v2/video/query/?fields=`."""
        now = self._clock.now()
        _, creator = self._oauth.caller(request, "video_query", A_MINUTE, ("video.list",), now)
        fields = [name for name in request.query.get("fields", "").split(",") if name]
        if not fields or not set(fields) <= FIELDS:
            raise refused("invalid_params", f"fields: {sorted(FIELDS)}")
        self._posts.settle()
        wanted = ids_of(request.json())
        videos = [self._fields_of(post, fields) for post in self._public(creator.username) if ids(post) & wanted]
        return envelope({"videos": videos})

    def see(self, given: dict[str, Any]) -> dict[str, int]:
        """Set a post's counts from `POST /_sim/figures {"publish_id", "figures": {}}`."""
        self._posts.by_key[given["publish_id"]].figures = given["figures"]
        return {"counts": len(given["figures"])}

    def _public(self, username: str) -> Iterator[TikTokPost]:
        posts = self._posts.by_key.values()
        return (post for post in posts if post.username == username and post.stage is TikTokStage.PUBLIC)

    def _fields_of(self, post: TikTokPost, fields: Sequence[str]) -> dict[str, Any]:
        known = {name: post.figures.get(name, 0) for name in COUNTS}
        return {name: {"id": str(post.post_ids[0]), "title": "", **known}[name] for name in fields}


def ids(post: TikTokPost) -> set[str]:
    return {str(post_id) for post_id in post.post_ids}


def ids_of(asked: Any) -> set[str]:
    listed = asked.get("filters", {}).get("video_ids") if isinstance(asked, dict) else None
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST or len(set(listed)) < len(listed):
        raise refused("invalid_params", f"filters.video_ids: 1 to {MOST}, each once")
    if not all(isinstance(each, str) and each.isdecimal() for each in listed):
        raise refused("invalid_params", "filters.video_ids: ids of videos")
    return set(listed)
