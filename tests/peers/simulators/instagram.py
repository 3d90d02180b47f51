"""Instagram: its login and publishing (Instagram API with Instagram Login), on one address.

`INSTAGRAM_URL`, `INSTAGRAM_API_URL` and `INSTAGRAM_TOKEN_URL` are all this address. A person's settings are
those of `instagram_state.InstagramPerson`; its own controls are in `instagram_controls.py`. In rules, a
request may be named by its path or by one of: `authorize code exchange refresh me create publish limit list
insights container medium`.

Stricter than Instagram where the documentation is vague: captions are counted in UTF-16, a code used twice
invalidates its tokens, a file must be served without a redirect as an image or a video. Graph API calls
without a version are refused, except for tokens, and so are versions that have ended.
"""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from tests.peers.simulators.instagram_calls import caller, fields, token_of
from tests.peers.simulators.instagram_containers import Containers
from tests.peers.simulators.instagram_controls import Controls, Orders
from tests.peers.simulators.instagram_errors import Denied, error_response, named, with_usage
from tests.peers.simulators.instagram_insights import Insights
from tests.peers.simulators.instagram_media import Media
from tests.peers.simulators.instagram_oauth import InstagramConsents, InstagramOAuth
from tests.peers.simulators.instagram_state import Container, InstagramPerson, InstagramState, Medium, Status
from tests.peers.simulators.ledger import Entry
from tests.peers.simulators.ledger import LedgerState as Stage
from tests.peers.simulators.routing import Request, RouteHandler, Routes, SimReply, as_json
from tests.peers.simulators.simulator import Simulator

_VERSION = re.compile(r"^/v(\d+)\.\d+(?=/)")
#: The oldest version that Meta serves (graph-api/changelog/versions, 2026-11-30), and calls that need none.
OLDEST, UNVERSIONED = 21, {"authorize", "code", "exchange", "refresh"}

#: Refusals of `refusal` by status; Meta has really returned 100/33 for an accepted publish.
_REFUSALS = {400: "unknown_object", 404: "unknown_path", 429: "app_limit", 500: "unknown_error"}


class Instagram(Simulator):
    name = "instagram"

    def __init__(self, *, rate: float = 1.0, redirect_uris: Sequence[str] = ()) -> None:
        super().__init__(rate=rate, redirect_uris=redirect_uris)
        self.state, self.orders, self.consents = InstagramState(), Orders(), InstagramConsents()
        self._containers = Containers(self.state, self.clock, self.ledger)
        self._media = Media(self.state, self.clock)
        self._controls = Controls(self.state, self.orders, self._media, self.clock, self.ledger)
        insights = Insights(self.state, self.clock)
        oauth = InstagramOAuth(self.state, self.clock, self.consents, self.redirect_uris)
        self._called: dict[RouteHandler, str] = {
            oauth.authorize: "authorize",
            oauth.code: "code",
            oauth.exchange: "exchange",
            oauth.refresh: "refresh",
            self._containers.create: "create",
            self._media.publish: "publish",
            self._media.limit: "limit",
            self._media.listed: "list",
            insights.respond: "insights",
        }
        self.routes.add("GET", "/oauth/authorize", oauth.authorize)
        self.routes.add("POST", "/oauth/access_token", oauth.code)
        self.routes.add("GET", "/access_token", oauth.exchange)
        self.routes.add("GET", "/refresh_access_token", oauth.refresh)
        self.routes.add("POST", "/{account}/media", self._containers.create)
        self.routes.add("POST", "/{account}/media_publish", self._media.publish)
        self.routes.add("GET", "/{account}/content_publishing_limit", self._media.limit)
        self.routes.add("GET", "/{account}/media", self._media.listed)
        self.routes.add("GET", "/{id}/insights", insights.respond)
        self.routes.add("GET", "/{id}", self._read)

    async def answer(self, request: Request) -> SimReply:
        self._media.base = self.base
        names, user_id = self.names(request), None
        try:
            _check_version(request, names)
            user_id = self._user_id_of(request)
            if ordered := self.orders.take(request.method, names):
                raise Denied(ordered)
            answer = await super().answer(_plain(request))
        except Denied as denied:
            return error_response(denied.refusal, user_id)
        return with_usage(answer, user_id)

    def names(self, request: Request) -> Sequence[str]:
        found = self.routes.find(_plain(request))
        if found is None:
            return (request.path,)
        handler, matched = found
        return (request.path, self._called.get(handler) or self._kind_of(matched.args["id"]))

    def _kind_of(self, id_: str) -> str:
        if id_ in self.state.containers:
            return "container"
        return "medium" if id_ in self.state.media else "me"

    def account_of(self, request: Request) -> str | None:
        try:
            token = self.state.tokens.get(token_of(request) or "")
        except Denied:
            return None
        return token.username if token else None

    def _user_id_of(self, request: Request) -> str | None:
        token = self.state.tokens.get(token_of(request) or "")
        return self.state.people[token.username].user_id if token else None

    async def _read(self, request: Request) -> SimReply:
        person, id_ = caller(self.state, request, self.clock.now()), request.args["id"]
        if id_ in {"me", person.user_id}:
            return self._me(request, person)
        if container := self.state.container(person, id_):
            return self._containers.respond(request, container)
        medium = self.state.media.get(id_)
        if medium and medium.username == person.username and self._media.public(medium, self.clock.now()):
            return self._media.respond(request, person, medium)
        raise Denied("unknown_object", id=id_)

    def _me(self, request: Request, person: InstagramPerson) -> SimReply:
        known = {
            "id": person.scoped_id,
            "user_id": person.user_id,
            "username": person.username,
            "name": person.username.title(),
            "account_type": "BUSINESS",
            "profile_picture_url": f"{self.base}/pictures/{person.user_id}.jpg",
            "followers_count": person.followers,
            "media_count": sum(1 for _ in self.state.media_of(person)),
        }
        said = fields(request, known)
        return as_json(said if person.flat else {"data": [said]})

    def refusal(self, status: int) -> SimReply:
        return error_response(named(_REFUSALS[status]), None)

    def controls(self, routes: Routes) -> None:
        self._controls.add(routes)

    def make_account(self, given: dict[str, Any]) -> dict[str, Any]:
        return self._controls.account(given)

    def settle(self) -> None:
        for entry in self.ledger.entries:
            container = self.state.containers.get(entry.key)
            medium = self.state.media.get((container.media_id or "") if container else entry.key)
            if medium:
                self._settle_post(entry, medium)
            elif container:
                self._settle_attempt(entry, container)
            entry.sha256 = container.sha256 if container else []

    def _settle_post(self, entry: Entry, medium: Medium) -> None:
        entry.external_id, entry.accepted_at = medium.id, medium.accepted_at
        if medium.deleted:
            entry.state = Stage.DELETED
        else:
            entry.state = Stage.LIVE if self._media.public(medium, self.clock.now()) else Stage.COMING

    def _settle_attempt(self, entry: Entry, container: Container) -> None:
        status = self.state.status(container, self.clock.now())
        if status in {Status.ERROR, Status.EXPIRED}:
            entry.state = Stage.FAILED
            entry.detail = container.refusal.message if container.refusal else status


def _check_version(request: Request, names: Sequence[str]) -> None:
    named = _VERSION.match(request.path)
    if named is None and not UNVERSIONED & {*names}:
        raise Denied("no_version")
    if named and int(named[1]) < OLDEST:
        raise Denied("ended_version", version=named[0])


def _plain(request: Request) -> Request:
    """Return the request without the API version in its path."""
    return msgspec.structs.replace(request, path=_VERSION.sub("", request.path))
