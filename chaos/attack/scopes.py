"""Scopes: each route must refuse a key without its scope, an invented key, and no key."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import NamedTuple

from chaos.attack.calls import Caller, OutOfTime, send
from chaos.attack.document import Route
from chaos.attack.objects import ATTACK_OBJECT_NAME, generate_unused_ids
from chaos.attack.report import AttackTally

CHECK = "scopes"
OK, UNAUTHENTICATED, FORBIDDEN, CREATED = 200, 401, 403, 201

#: The route that kills a key.
KILL_ROUTE = "/v1/api-keys/{apiKeyId}/kill"

#: A well-formed key that does not exist.
UNKNOWN_KEY = "lp_live_00000000_00000000000000000000000000000000"

#: Scopes of the two weak keys: each route is tried with a key that lacks its scope.
WEAK_SCOPES = ("jobs:read", "projects:read")

#: Seconds for killing a key after the attack's end: the minute's rate limit may be exhausted.
KILL_WITHIN_S = 70.0


class RefusalCase(NamedTuple):
    """A caller that must be refused, its description, and the expected status."""

    caller: Caller
    description: str
    expected: int


def attack_scopes(
    root: str, strong: Caller, own: Mapping[str, str], routes: Sequence[Route], tally: AttackTally
) -> None:
    """Request each keyed route with no key, an unknown key and a key without its scope. Raises `OutOfTime`.

    Adds a judgement of each response to `tally`. Routes that stream are left out.
    """
    keyed = [route for route in routes if route.needs_key and not route.streams]
    for route in keyed:
        tally.add_route(CHECK, route.method, route.path)
    values = {**generate_unused_ids(routes), **own}
    with ExitStack() as stack:
        keyless = stack.enter_context(Caller(root, strong.throttle))
        unknown = stack.enter_context(Caller(root, strong.throttle, UNKNOWN_KEY))
        weak = {scope: stack.enter_context(_weak(root, strong, scope, tally)) for scope in WEAK_SCOPES}
        for route in keyed:
            cases = [
                RefusalCase(keyless, "no key", UNAUTHENTICATED),
                RefusalCase(unknown, "a key that does not exist", UNAUTHENTICATED),
            ]
            lacking = next((weak[scope] for scope in WEAK_SCOPES if scope != route.scope), None)
            if route.scope and lacking:
                cases.append(RefusalCase(lacking, f"a key without {route.scope}", FORBIDDEN))
            for case in cases:
                _try(case, route, values, tally)


@contextmanager
def _weak(root: str, strong: Caller, scope: str, tally: AttackTally) -> Iterator[Caller | None]:
    """Create a key with one scope, and kill it at the end; yield None if the strong key may not create
    keys.
    """
    created = strong.send("POST", "/v1/api-keys", json={"name": ATTACK_OBJECT_NAME, "scopes": [scope]})
    if created.status != CREATED:
        yield None
        return
    key = created.json()
    try:
        with Caller(root, strong.throttle, key["apiKey"]) as caller:
            yield caller
    finally:
        strong.throttle.extend(KILL_WITHIN_S)
        if not _kill(strong, key["id"]):
            tally.judge(
                CHECK, "POST", KILL_ROUTE, f"the key {key['id']} of this attack is still alive: kill it"
            )


def _kill(strong: Caller, key_id: str) -> bool:
    """Kill the key; return whether a response confirms it."""
    with suppress(OutOfTime):
        return strong.send("POST", KILL_ROUTE.replace("{apiKeyId}", key_id)).status == OK
    return False


def _try(case: RefusalCase, route: Route, values: Mapping[str, str], tally: AttackTally) -> None:
    answer = send(case.caller, route, route.at(values))
    if answer.is_judged:
        fault = f"answered {answer.status} to {case.description}, not {case.expected}"
        tally.judge(CHECK, route.method, route.path, None if answer.status == case.expected else fault)
