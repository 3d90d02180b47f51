"""TikTok: Login Kit v2, the Content Posting API, webhooks; one application, any number of people.

Sources of its behavior: [D] TikTok's own pages, [T] third-party pages or code, [K] commonly known and
unchecked, [ours] our own stricter rule or guess. Its modules name theirs; in addition:

- [D] 20 creator_info, 6 of each init and 30 status/fetch a minute for each user token (here for all tokens of
  one consent, so that a refresh doesn't reset the minute [ours]). An upload URL lives 1 h. Chunks as in
  `tiktok_inits`. The five statuses. Ids only of public posts, and only after moderation. Refusals of
  creator_info have status 200. `username` of user/info needs the scope user.info.profile.
  `publicaly_available_post_id` (their spelling) holds integers, here beyond 2**53.
- [T] 15 direct posts a day, 5 pending shares a day, no PNG among photos, the prefixes of publish_ids.
- [ours] Unknown fields are errors. creator_info must have been called since the person's options last
  changed. An upload that was begun and never ended stays PROCESSING_UPLOAD forever. A draft deleted by its
  owner is FAILED with `publish_cancelled`. A post begun below the daily cap and ended above it fails. Pulls
  are tried once, and no video is pulled.

A video is accepted with the last byte of the last chunk; photos, which are pulled, at their init. From then
on the post is published even if the response is lost, unless its file is invalid or can't be pulled, its
owner withdraws access before it is done, or a test orders a failure. A truncated request accepts nothing.

Names for faults besides paths: `chunk` for every chunk of an upload, `last_chunk` for the last.

Its own controls:
- `POST /_sim/app {...}`: see `tiktok_people.TikTokApp`. `POST /_sim/accounts`: see `tiktok_people.Creator`.
- `POST /_sim/posts {"publish_id", "deed": "post" | "delete"}`: a person's action in the app; with `"fail"`, a
  fail_reason for an unfinished post.
- `POST /_sim/remove_access {"username"}`: a person withdraws our access.
- `POST /_sim/figures {"publish_id", "figures"}`: see `tiktok_videos`.
- `GET /_sim/webhooks`, `POST /_sim/webhooks/deliver {"order": "due", "copies": 1}`: see `tiktok_webhooks`.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from tests.peers.simulators.control import asked_of, doing
from tests.peers.simulators.routing import Request, Routes, SimReply, as_json
from tests.peers.simulators.simulator import Simulator
from tests.peers.simulators.tiktok_errors import envelope, oauth_refused, refused
from tests.peers.simulators.tiktok_oauth import TikTokOAuth
from tests.peers.simulators.tiktok_people import People, TikTokApp
from tests.peers.simulators.tiktok_posts import Posts, range_of, status_of
from tests.peers.simulators.tiktok_publishing import Publishing
from tests.peers.simulators.tiktok_videos import Videos
from tests.peers.simulators.tiktok_webhooks import Delivery, TikTokWebhooks

#: user/info: the fields and the scope that each needs.
PROFILE = {"open_id", "union_id", "avatar_url", "avatar_url_100", "avatar_large_url", "display_name"}
FIELDS = (
    dict.fromkeys(PROFILE, "user.info.basic")
    | dict.fromkeys(("username", "bio_description", "profile_deep_link", "is_verified"), "user.info.profile")
    | {"follower_count": "user.info.stats"}
)


class TikTok(Simulator):
    name = "tiktok"

    def __init__(self, *, rate: float = 1.0, redirect_uris: Sequence[str] = ()) -> None:
        super().__init__(rate=rate, redirect_uris=redirect_uris)
        self.application = TikTokApp(redirect_uris=self.redirect_uris)
        self.people = People()
        self.hooks = TikTokWebhooks(self.application)
        self.oauth = TikTokOAuth(self.application, self.people, self.consents)
        self.posts = Posts(self.clock, self.ledger, self.people, self.hooks)
        self.videos = Videos(self.clock, self.oauth, self.posts)
        self.publishing = Publishing(self, self.application, self.people, self.oauth, self.posts)
        for method, path, handler in (
            ("GET", "/v2/auth/authorize/", self.authorize),
            ("POST", "/v2/oauth/token/", self.token),
            ("POST", "/v2/oauth/revoke/", self.revoke),
            ("GET", "/v2/user/info/", self.user_info),
            ("POST", "/v2/video/query/", self.videos.query),
        ):
            self.routes.add(method, path, handler)

    def controls(self, routes: Routes) -> None:
        routes.add("POST", "/_sim/app", doing(self.register))
        routes.add("POST", "/_sim/posts", doing(self.act))
        routes.add("POST", "/_sim/remove_access", doing(self.remove_access))
        routes.add("POST", "/_sim/figures", doing(self.videos.see))
        routes.add("GET", "/_sim/webhooks", self.webhooks)
        routes.add("POST", "/_sim/webhooks/deliver", self.deliver)

    # Methods of every simulator

    def names(self, request: Request) -> Sequence[str]:
        found = range_of(request)
        if request.path != "/upload/" or found is None:
            return (request.path,)
        return (request.path, "chunk", *(["last_chunk"] if found.end + 1 == found.total else []))

    def account_of(self, request: Request) -> str | None:
        return self.publishing.uploader(request) or self.oauth.tokens.owner(
            {request.bearer(), request.form().get("refresh_token")}
        )

    def refusal(self, status: int) -> SimReply:
        codes = {400: "invalid_param", 404: "not_found", 429: "rate_limit_exceeded", 500: "internal_error"}
        return envelope({}, codes[status], "as the simulator was told")

    def refusal_of(self, request: Request, status: int) -> SimReply:
        if not request.path.startswith("/v2/oauth/"):
            return self.refusal(status)
        error = {400: "invalid_request", 429: "temporarily_unavailable"}.get(status, "server_error")
        return oauth_refused(error, "as the simulator was told", status).answer

    def settle(self) -> None:
        self.posts.settle()

    def make_account(self, given: dict[str, Any]) -> dict[str, Any]:
        creator = self.people.put(given)
        return msgspec.structs.asdict(creator) | {"open_id": creator.open_id}

    # Login and identity

    async def authorize(self, request: Request) -> SimReply:
        return self.oauth.authorize(request, self.clock.now())

    async def token(self, request: Request) -> SimReply:
        return self.oauth.token(request, self.clock.now())

    async def revoke(self, request: Request) -> SimReply:
        return self.oauth.revoke(request)

    async def user_info(self, request: Request) -> SimReply:
        family, creator = self.oauth.caller(
            request, "user_info", 600, ("user.info.basic", "user.info.profile", "user.info.stats"), self.clock.now()
        )
        wanted = [name for name in request.query.get("fields", "").split(",") if name]
        if not wanted or not set(wanted) <= FIELDS.keys():
            raise refused("invalid_params", f"fields: {sorted(FIELDS)}")
        if missing := {FIELDS[name] for name in wanted} - set(family.scopes):
            raise refused("scope_permission_missed", f"some fields need {sorted(missing)}")
        known = {
            "open_id": creator.open_id,
            "union_id": f"union-{creator.username}",
            "display_name": creator.username.title(),
            "username": creator.username,
            "follower_count": creator.followers,
        }
        return envelope({"user": {name: known.get(name, "") for name in wanted}})

    # Controls of tests

    def register(self, given: dict[str, Any]) -> dict[str, Any]:
        made = msgspec.convert(msgspec.structs.asdict(self.application) | given, TikTokApp)
        for name, value in msgspec.structs.asdict(made).items():
            setattr(self.application, name, value)
        return {name: value for name, value in msgspec.structs.asdict(made).items() if name != "client_secret"}

    def act(self, given: dict[str, Any]) -> dict[str, Any]:
        return status_of(self.posts.act(given["publish_id"], given.get("deed"), given.get("fail")))

    def remove_access(self, given: dict[str, Any]) -> dict[str, Any]:
        """Withdraw our access; reason 1 of the webhook: the person did it in the app."""
        creator = self.people.of(given["username"])
        self.oauth.tokens.remove(creator.username)
        self.posts.settle()
        self.posts.lose_access(creator.username)
        self.hooks.emit(self.clock.now(), "authorization.removed", creator.open_id, {"reason": 1})
        return {}

    async def webhooks(self, _: Request) -> SimReply:
        self.settle()
        return as_json({"due": self.hooks.due(), "all": self.hooks.all})

    async def deliver(self, request: Request) -> SimReply:
        self.settle()
        asked = msgspec.convert(asked_of(request), Delivery)
        sent = await self.hooks.deliver(asked, self.clock.now())
        return as_json({"sent": [{"id": hook.id, "event": hook.event, "status": hook.sent[-1]} for hook in sent]})
