"""Instagram's business login: the authorize page, and the tokens of its codes.

As documented (Business Login for Instagram). Stricter: a code used twice invalidates its tokens.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from tests.peers.simulators import consent
from tests.peers.simulators.clock import SimulatorClock
from tests.peers.simulators.consent import ConsentGrant, ConsentRequest
from tests.peers.simulators.instagram_calls import parameters, token, token_of
from tests.peers.simulators.instagram_errors import Denied
from tests.peers.simulators.instagram_state import BASIC, DAY_S, INSIGHTS, PUBLISH, InstagramState, InstagramToken
from tests.peers.simulators.routing import Refused, Request, SimReply, as_json, as_page

CLIENT_ID, CLIENT_SECRET = "990602627938098", "instagram-client-secret"
SCOPES = frozenset(
    {BASIC, PUBLISH, INSIGHTS, "instagram_business_manage_messages", "instagram_business_manage_comments"}
)
CODE_S, SHORT_S, LONG_S = 60 * 60, 60 * 60, 60 * DAY_S


class InstagramConsents(consent.ConsentState):
    """Consents with Instagram's redirect parameters; `#_` is not part of a code."""

    def __init__(self) -> None:
        super().__init__()
        self.tail = "#_"

    def back(self, asked: ConsentRequest, said: Mapping[str, str]) -> SimReply:
        own = {name: value for name, value in said.items() if name != "scopes"}
        if "error" in own:
            own |= {"error_reason": "user_denied", "error_description": "The user denied your request"}
        return super().back(asked, own)


class InstagramOAuth:
    def __init__(
        self, state: InstagramState, clock: SimulatorClock, consents: consent.ConsentState, redirect_uris: Sequence[str]
    ) -> None:
        self._state, self._clock, self._consents = state, clock, consents
        self._redirect_uris = redirect_uris

    async def authorize(self, request: Request) -> SimReply:
        """Serve the authorize page. An untrusted redirect address gets an error page, never a redirect."""
        query = request.query
        if query.get("client_id") != CLIENT_ID:
            return as_page("Invalid platform app: unknown client_id", 400)
        if query.get("redirect_uri") not in self._redirect_uris:
            return as_page("Invalid redirect_uri: it isn't one of the application's", 400)
        if query.get("response_type") != "code":
            return as_page("Invalid response_type: it must be code", 400)
        scopes = query.get("scope", "").replace(",", " ").split()
        if BASIC not in scopes or not SCOPES.issuperset(scopes):
            return as_page(f"Invalid Scopes: {' '.join(scopes) or 'none'}", 400)
        response = ConsentRequest(
            client=CLIENT_ID, redirect_uri=query["redirect_uri"], state=query.get("state"), scopes=scopes
        )
        return self._consents.answer(request, response, self._state.people, self._clock.now())

    async def code(self, request: Request) -> SimReply:
        """Exchange a code for a short-lived token. Its errors have their own form."""
        form = request.form()
        if form.get("client_id") != CLIENT_ID or form.get("client_secret") != CLIENT_SECRET:
            raise _rejected("Error validating client secret.")
        if form.get("grant_type") != "authorization_code":
            raise _rejected("Invalid grant_type: it must be authorization_code")
        code = form.get("code", "")
        grant = self._grant(code, form.get("redirect_uri", ""))
        made = self._issue(grant.username, tuple(grant.scopes), code=code, lives_s=SHORT_S)
        person = self._state.people[grant.username]
        said = {
            "access_token": made.value,
            "user_id": int(person.scoped_id) if person.flat else person.scoped_id,
            "permissions": list(made.permissions) if person.flat else ",".join(made.permissions),
        }
        return as_json(said if person.flat else {"data": [said]})

    def _grant(self, code: str, redirect_uri: str) -> ConsentGrant:
        """Return the grant of a code on its first use."""
        grant = self._consents.grants.get(code)
        if grant is None or self._clock.now() >= grant.made_at + CODE_S:
            raise _rejected("Matching code was not found or was already used")
        if grant.family is not None:
            self._take_back(code)
            raise _rejected("Matching code was not found or was already used")
        if redirect_uri != grant.asked.redirect_uri:
            raise _rejected("Error validating verification code. The redirect_uri isn't the one asked with.")
        grant.family = code
        return grant

    def _take_back(self, code: str) -> None:
        for found in self._state.tokens.values():
            if found.code == code:
                found.broken = "code_reused"

    async def exchange(self, request: Request) -> SimReply:
        """Exchange a short-lived token for a long-lived one; the first stays valid for its hour."""
        asked = parameters(request)
        if asked.get("grant_type") != "ig_exchange_token":
            raise Denied("parameter", why="grant_type must be ig_exchange_token")
        if asked.get("client_secret") != CLIENT_SECRET:
            raise Denied("wrong_secret")
        found = token(self._state, token_of(request), self._clock.now())
        if found.long_lived:
            raise Denied("not_short_lived")
        return self._long(found)

    async def refresh(self, request: Request) -> SimReply:
        """Issue a new token for 60 days; the old one stays valid for the rest of its own."""
        if request.query.get("grant_type") != "ig_refresh_token":
            raise Denied("parameter", why="grant_type must be ig_refresh_token")
        now = self._clock.now()
        found = token(self._state, token_of(request), now)
        if not found.long_lived:
            raise Denied("not_long_lived")
        if BASIC not in found.permissions:
            raise Denied("no_permission")
        if now < found.issued_at + DAY_S:
            raise Denied("too_young")
        return self._long(found)

    def _long(self, found: InstagramToken) -> SimReply:
        made = self._issue(found.username, found.permissions, code=found.code, lives_s=LONG_S, long_lived=True)
        said: dict[str, Any] = {
            "access_token": made.value,
            "token_type": "bearer",
            "expires_in": LONG_S,
            "permissions": ",".join(made.permissions),
        }
        return as_json(said)

    def _issue(
        self, username: str, permissions: tuple[str, ...], *, code: str, lives_s: float, long_lived: bool = False
    ) -> InstagramToken:
        now = self._clock.now()
        made = InstagramToken(
            value=f"IGAA{secrets.token_urlsafe(48)}",
            username=username,
            permissions=permissions,
            long_lived=long_lived,
            issued_at=now,
            expires_at=now + lives_s,
            code=code,
        )
        self._state.tokens[made.value] = made
        return made


def _rejected(message: str) -> Refused:
    return Refused(as_json({"error_type": "OAuthException", "code": 400, "error_message": message}, 400))
