"""Tokens, parameters and fields of a Graph API call."""

from collections.abc import Iterable, Mapping
from typing import Any

from tests.peers.simulators.instagram_errors import Denied
from tests.peers.simulators.instagram_state import BASIC, InstagramPerson, InstagramState, InstagramToken
from tests.peers.simulators.routing import Request


def parameters(request: Request) -> dict[str, str]:
    """Return the parameters of the query, a form or a JSON object; JSON values are converted to form text."""
    return {**request.query, **request.form(), **_of_json(request)}


def _of_json(request: Request) -> dict[str, str]:
    if not request.headers.get("content-type", "").startswith("application/json"):
        return {}
    body = request.json()
    if not isinstance(body, dict):
        raise Denied("parameter", why="the body must be an object")
    return {str(name): _written(value) for name, value in body.items() if value is not None}


def _written(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(_written, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def token_of(request: Request) -> str | None:
    return parameters(request).get("access_token") or request.bearer()


def token(state: InstagramState, value: str | None, now: float) -> InstagramToken:
    """Return a valid token's record."""
    if not value:
        raise Denied("no_token")
    found = state.tokens.get(value)
    if found is None:
        raise Denied("unknown_token")
    if found.broken:
        raise Denied(found.broken)
    if now >= found.expires_at:
        raise Denied("expired")
    return found


def caller(state: InstagramState, request: Request, now: float, permission: str = BASIC) -> InstagramPerson:
    """Return the token's person; an account in the path must be theirs, or `me`."""
    found = token(state, token_of(request), now)
    if permission not in found.permissions:
        raise Denied("no_permission")
    person = state.people[found.username]
    account = request.args.get("account", "me")
    if account not in {"me", person.user_id}:
        raise Denied("unknown_object", id=account)
    return person


def fields(request: Request, known: Mapping[str, Any], otherwise: Iterable[str] = ()) -> dict[str, Any]:
    """Return `id` and the requested fields of `known`, without empty ones."""
    response = request.query.get("fields", ",".join(otherwise))
    names = [name.strip() for name in response.split(",") if name.strip()]
    for name in names:
        if name not in known:
            raise Denied("unknown_field", field=name)
    return {name: known[name] for name in dict.fromkeys([*names, "id"]) if known.get(name) not in {None, ""}}
