"""TikTok's Login Kit v2: the authorize page, the token call, revocation, and the caller of a token.

Checked: `client_key`, not `client_id`; scopes with commas; `response_type=code`; a registered redirect_uri,
compared exactly [D]; a `state` [D]. A PKCE challenge is the hex SHA-256 of the verifier [K], with `S256`; a
verifier is required with a challenge and refused without one [ours]. A code lives 10 min [K], is bound to its
client and redirect_uri [D] and works once; a second use invalidates the tokens of the first [ours, as RFC
6749 4.1.2]. The pages don't give the status of errors: `TikTokApp.oauth_error_status`.
"""

import hashlib
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence

from tests.peers.simulators.consent import ConsentGrant, ConsentRequest, ConsentState
from tests.peers.simulators.routing import Refused, Request, SimReply, as_json, as_page
from tests.peers.simulators.tiktok_errors import oauth_refused, refused
from tests.peers.simulators.tiktok_people import Creator, People, TikTokApp
from tests.peers.simulators.tiktok_tokens import Family, Stolen, TikTokTokenStore


class Windows:
    """Sliding windows. Refused calls don't count."""

    def __init__(self) -> None:
        self._times: dict[tuple[str, str], deque[float]] = defaultdict(deque)

    def admits(self, what: str, who: str, limit: int, now: float, window_s: float = 60) -> bool:
        times = self._times[what, who]
        while times and times[0] <= now - window_s:
            times.popleft()
        if len(times) >= limit:
            return False
        times.append(now)
        return True


SCOPES = {
    "user.info.basic", "user.info.profile", "user.info.stats", "video.list", "video.publish",
    "video.upload",
}  # fmt: skip
CODE_S = 600


class TikTokOAuth:
    def __init__(self, application: TikTokApp, people: People, consents: ConsentState) -> None:
        self.tokens = TikTokTokenStore()
        self._windows = Windows()
        self._application, self._people, self._consents = application, people, consents

    def authorize(self, request: Request, now: float) -> SimReply:
        return self._consents.answer(request, self._asked(request.query), self._people.usernames(), now)

    def _asked(self, query: Mapping[str, str]) -> ConsentRequest:
        """Validate an authorization request; an error is shown to the person, without a redirect."""
        scopes = [scope for scope in query.get("scope", "").split(",") if scope]
        challenge = query.get("code_challenge")
        checks = {
            "client_key": query.get("client_key") == self._application.client_key,
            "response_type": query.get("response_type") == "code",
            "redirect_uri": query.get("redirect_uri") in self._application.redirect_uris,
            "scope": bool(scopes) and set(scopes) <= SCOPES,
            "state": bool(query.get("state")),
            "code_challenge_method": challenge is None or query.get("code_challenge_method") == "S256",
        }
        if wrong := [name for name, holds in checks.items() if not holds]:
            raise Refused(as_page(f"<p>Something went wrong: {', '.join(wrong)}</p>", 400))
        return ConsentRequest(
            client=query["client_key"],
            redirect_uri=query["redirect_uri"],
            state=query["state"],
            scopes=scopes,
            challenge=challenge,
        )

    def token(self, request: Request, now: float) -> SimReply:
        form = self._form(request)
        if form.get("grant_type") == "authorization_code":
            return self._redeem(form, now)
        if form.get("grant_type") == "refresh_token":
            return self._refresh(form, now)
        raise self._refused("unsupported_grant_type", "grant_type is authorization_code or refresh_token")

    def _form(self, request: Request) -> Mapping[str, str]:
        form = request.form()
        if not form:
            raise self._refused("invalid_request", "the body isn't application/x-www-form-urlencoded")
        ours = (self._application.client_key, self._application.client_secret)
        if (form.get("client_key"), form.get("client_secret")) != ours:
            raise self._refused("invalid_client", "Client key or secret is incorrect.")
        return form

    def _redeem(self, form: Mapping[str, str], now: float) -> SimReply:
        grant = self._consents.grants.get(form.get("code", ""))
        if grant is None or now >= grant.made_at + CODE_S:
            raise self._refused("invalid_grant", "Authorization code is expired.")
        if form.get("redirect_uri") != grant.asked.redirect_uri:
            raise self._refused("invalid_grant", "redirect_uri isn't the one of the authorization request.")
        self._prove(grant, form.get("code_verifier"))
        if grant.family is not None:
            self.tokens.families[grant.family].ended = True
            raise self._refused("invalid_grant", "Authorization code was used before.")
        family, pair = self.tokens.begin(grant.username, grant.scopes, now)
        grant.family = family.key
        return unstored(family.token_response(pair, self._people.of(family.username), now))

    def _prove(self, grant: ConsentGrant, verifier: str | None) -> None:
        wanted = grant.asked.challenge
        given = None if verifier is None else hashlib.sha256(verifier.encode()).hexdigest()
        if wanted != given:
            raise self._refused("invalid_request", "Code verifier or code challenge is invalid.")

    def _refresh(self, form: Mapping[str, str], now: float) -> SimReply:
        try:
            found = self.tokens.refresh(form.get("refresh_token", ""), now)
        except Stolen:
            raise self._refused("invalid_grant", "Refresh token was used before.") from None
        if found is None:
            raise self._refused("invalid_grant", "Refresh token is invalid or expired.")
        family, pair = found
        return unstored(family.token_response(pair, self._people.of(family.username), now))

    def revoke(self, request: Request) -> SimReply:
        """Revoke a token; empty response. An invalid token is an error [ours], also at a repeat."""
        if not self.tokens.revoke(self._form(request).get("token", "")):
            raise self._refused("invalid_request", "The token is invalid.")
        return SimReply(200)

    def caller(
        self, request: Request, what: str, a_minute: int, scopes: Sequence[str], now: float
    ) -> tuple[Family, Creator]:
        """Return the holder of the access token, with any of `scopes` and under the limit of `what`."""
        family = self.tokens.holder(request.bearer() or "", now)
        if family is None:
            raise refused("access_token_invalid", "The access token is invalid or not found in the request.")
        if not set(scopes) & set(family.scopes):
            raise refused("scope_not_authorized", f"the user did not authorize {' or '.join(scopes)}")
        if not self._windows.admits(what, family.key, a_minute, now):
            raise refused("rate_limit_exceeded", f"{what} is allowed {a_minute} times a minute")
        return family, self._people.of(family.username)

    def _refused(self, error: str, description: str) -> Refused:
        return oauth_refused(error, description, self._application.oauth_error_status)


def unstored(said: Mapping[str, object]) -> SimReply:
    return as_json(said, 200, **{"Cache-Control": "no-store"})
