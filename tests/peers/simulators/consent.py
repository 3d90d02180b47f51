"""The authorize page, answered by the control API, and its codes."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from html import escape
from urllib.parse import urlencode

import msgspec

from tests.peers.simulators.routing import Request, SimReply, as_page, redirect

#: Query parameters that `POST /_sim/consent` adds to the authorize address.
PERSON, ALLOW, SCOPES = "sim_person", "sim_allow", "sim_scopes"


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A person's answer; `scopes` None: all requested scopes."""

    username: str
    allow: bool = True
    scopes: Sequence[str] | None = None


class ConsentRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A validated authorization request of an application."""

    client: str
    redirect_uri: str
    state: str | None
    scopes: Sequence[str]
    challenge: str | None = None


class ConsentGrant(msgspec.Struct, kw_only=True):
    """The consent behind a code. `family` is the family of its tokens."""

    asked: ConsentRequest
    username: str
    scopes: Sequence[str]
    made_at: float
    family: str | None = None


class ConsentState:
    """Consent state: `at_once` answers every authorize page without showing it, if set.

    `tail` is appended to the redirect's address (Instagram's `#_`).
    """

    def __init__(self) -> None:
        self.at_once: Choice | None = None
        self.tail = ""
        self.grants: dict[str, ConsentGrant] = {}

    def answer(self, request: Request, asked: ConsentRequest, usernames: Collection[str], now: float) -> SimReply:
        """Return the page, or a redirect if a person has chosen. An unknown username gets the page again."""
        choice = chosen(request.query) or self.at_once
        if choice is None or choice.username not in usernames:
            return as_page(f"{escape(asked.client)} asks for {escape(', '.join(asked.scopes))}")
        return self.decided(asked, choice, now)

    def decided(self, asked: ConsentRequest, choice: Choice, now: float) -> SimReply:
        state = {} if asked.state is None else {"state": asked.state}
        if not choice.allow:
            return self.back(asked, {"error": "access_denied", "error_description": "The user denied it."} | state)
        allowed = [scope for scope in asked.scopes if choice.scopes is None or scope in choice.scopes]
        code = secrets.token_urlsafe(24)
        self.grants[code] = ConsentGrant(asked=asked, username=choice.username, scopes=allowed, made_at=now)
        return self.back(asked, {"code": code, "scopes": ",".join(allowed)} | state)

    def back(self, asked: ConsentRequest, said: Mapping[str, str]) -> SimReply:
        joint = "&" if "?" in asked.redirect_uri else "?"
        return redirect(f"{asked.redirect_uri}{joint}{urlencode(said)}{self.tail}")


def chosen(query: Mapping[str, str]) -> Choice | None:
    if PERSON not in query:
        return None
    scopes = query[SCOPES].split(",") if SCOPES in query else None
    return Choice(username=query[PERSON], allow=query.get(ALLOW, "1") == "1", scopes=scopes)
