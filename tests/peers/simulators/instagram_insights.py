"""Insights of a post on the simulated Instagram.

Documented (Instagram Platform: Media Insights): the permission, the metrics by kind of post, error 10 below
five viewers, figures up to 48 hours late, an empty list if there are none yet. Stricter: the list is always
empty until a post has insights, one metric that its kind lacks fails the call, and figures may fall.
"""

from collections.abc import Mapping

from tests.peers.simulators.clock import SimulatorClock
from tests.peers.simulators.instagram_calls import caller
from tests.peers.simulators.instagram_errors import Denied
from tests.peers.simulators.instagram_state import INSIGHTS, InstagramPerson, InstagramState, Medium, MediumKind
from tests.peers.simulators.routing import Request, SimReply, as_json

OF_ALL = frozenset({"views", "reach", "likes", "comments", "saved", "shares", "total_interactions"})
OF_REELS = OF_ALL | {"ig_reels_avg_watch_time", "ig_reels_video_view_total_time"}
FEWEST = 5


class Insights:
    def __init__(self, state: InstagramState, clock: SimulatorClock) -> None:
        self._state, self._clock = state, clock

    async def respond(self, request: Request) -> SimReply:
        """Serve `GET /{media}/insights?metric=`."""
        now = self._clock.now()
        person = caller(self._state, request, now, INSIGHTS)
        medium = self._medium(person, request.args["id"], now)
        response = [name for name in request.query.get("metric", "").split(",") if name]
        known = OF_REELS if medium.kind is MediumKind.REEL else OF_ALL
        if not response or not set(response) <= known:
            raise Denied("parameter", why=f"metric must be one of {', '.join(sorted(known))}")
        if medium.viewers < FEWEST:
            raise Denied("few_viewers")
        if now < medium.live_at + person.insights_s:
            return as_json({"data": []})
        return as_json({"data": [self._one(medium, name) for name in response]})

    def _medium(self, person: InstagramPerson, id_: str, now: float) -> Medium:
        medium = self._state.media.get(id_)
        if medium is None or medium.username != person.username or medium.deleted or now < medium.live_at:
            raise Denied("unknown_object", id=id_)
        return medium

    def _one(self, medium: Medium, name: str) -> Mapping[str, object]:
        value = medium.figures.get(name, 0)
        said = {"name": name, "period": "lifetime", "title": name.title(), "id": f"{medium.id}/insights/{name}"}
        return {**said, "values": [{"value": value}]}
