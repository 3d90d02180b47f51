"""Controls specific to the simulated Instagram.

- `POST /_sim/errors {"path", "error", "times": 1, "skip": 0, "method": null}`: a refusal by its name in
  `instagram_errors.REFUSALS`.
- `POST /_sim/tokens {"username", "error"}`: every existing token of this person gets this refusal (`expired
  password_changed app_removed checkpoint session_invalidated`); null restores them. New tokens work.
- `POST /_sim/posts {"username", "caption": "", "ago_s": 0, "kind": "IMAGE"}`: a post by hand: `{"id"}`.
- `POST /_sim/posts/delete {"id"}`: the person deletes a post.
- `POST /_sim/figures {"id", "viewers": 100, "figures": {}}`: sets a post's viewers and insights.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from tests.peers.simulators.clock import SimulatorClock
from tests.peers.simulators.control import doing
from tests.peers.simulators.faults import Standing, strike
from tests.peers.simulators.instagram_errors import REFUSALS, Refusal, named
from tests.peers.simulators.instagram_media import Media
from tests.peers.simulators.instagram_state import InstagramPerson, InstagramState, MediumKind
from tests.peers.simulators.ledger import Entry, Ledger
from tests.peers.simulators.routing import Routes


class Order(Standing, kw_only=True, forbid_unknown_fields=True):
    """A refusal to return."""

    error: str

    def __post_init__(self) -> None:
        if self.error not in REFUSALS:
            raise ValueError(f"no such refusal; there are {', '.join(sorted(REFUSALS))}")


class Orders:
    """Pending refusals, oldest first in `standing`."""

    def __init__(self) -> None:
        self.standing: list[Order] = []

    def take(self, method: str, names: Sequence[str]) -> Refusal | None:
        found = strike(self.standing, lambda one: one.concerns(method, names))
        return named(found.error) if found else None


class Posted(msgspec.Struct, forbid_unknown_fields=True):
    username: str
    caption: str = ""
    ago_s: float = 0
    kind: MediumKind = MediumKind.IMAGE


class ViewerFigures(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    viewers: int = 100
    figures: dict[str, int] = {}


class Controls:
    def __init__(
        self, state: InstagramState, orders: Orders, media: Media, clock: SimulatorClock, ledger: Ledger
    ) -> None:
        self._state, self._orders, self._media = state, orders, media
        self._clock, self._ledger = clock, ledger

    def add(self, routes: Routes) -> None:
        routes.add("POST", "/_sim/errors", doing(self.order))
        routes.add("POST", "/_sim/tokens", doing(self.tokens))
        routes.add("POST", "/_sim/posts", doing(self.post))
        routes.add("POST", "/_sim/posts/delete", doing(self.delete))
        routes.add("POST", "/_sim/figures", doing(self.see))

    def account(self, given: dict[str, Any]) -> dict[str, Any]:
        """Create or change an account from `POST /_sim/accounts`, with the fields of `InstagramPerson`."""
        known = self._state.people.get(given.get("username", ""))
        before = msgspec.to_builtins(known) if known else self._ids()
        made = msgspec.convert(before | given, InstagramPerson)
        self._state.people[made.username] = made
        found: dict[str, Any] = msgspec.to_builtins(made)
        return found

    def _ids(self) -> dict[str, str]:
        return {
            "user_id": self._state.number(17_841_400_000_000_000),
            "scoped_id": self._state.number(25_000_000_000_000_000),
        }

    def order(self, given: dict[str, Any]) -> list[Order]:
        self._orders.standing.append(msgspec.convert(given, Order))
        return self._orders.standing

    def tokens(self, given: dict[str, Any]) -> dict[str, int]:
        error = given.get("error")
        if error is not None and error not in REFUSALS:
            raise ValueError(f"no such refusal: {error}")
        username = self._person(given.get("username", "")).username
        found = [token for token in self._state.tokens.values() if token.username == username]
        for token in found:
            token.broken = error
        return {"tokens": len(found)}

    def post(self, given: dict[str, Any]) -> dict[str, str]:
        wanted = msgspec.convert(given, Posted)
        at = self._clock.now() - wanted.ago_s
        made = self._media.add(self._person(wanted.username), wanted.caption, wanted.kind, at)
        self._ledger.begin(
            Entry(
                key=made.id,
                account=made.username,
                caption=made.caption,
                kind=made.kind,
                external_id=made.id,
                begun_at=at,
                detail="made by hand",
            )
        )
        return {"id": made.id}

    def delete(self, given: dict[str, Any]) -> dict[str, str]:
        medium = self._state.media.get(given.get("id", ""))
        if medium is None:
            raise ValueError("no such post")
        medium.deleted = True
        return {"id": medium.id}

    def see(self, given: dict[str, Any]) -> dict[str, Any]:
        seen = msgspec.convert(given, ViewerFigures)
        medium = self._state.media.get(seen.id)
        if medium is None:
            raise ValueError("no such post")
        medium.viewers, medium.figures = seen.viewers, seen.figures
        return {"id": medium.id}

    def _person(self, username: str) -> InstagramPerson:
        if username not in self._state.people:
            raise ValueError(f"nobody is called {username!r}")
        return self._state.people[username]
