"""Scopes: each route must refuse a key without its scope, an invented key, and no key."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import NamedTuple

from chaos.attack.calls import AttackCheckDeadlinePassed, AttackClient, send_sample_body_to_route
from chaos.attack.document import AttackRoute
from chaos.attack.objects import ATTACK_OBJECT_NAME, generate_unused_ids
from chaos.attack.report import AttackTally

ATTACK_SCOPES_CHECK_NAME = "scopes"
OK_STATUS, UNAUTHENTICATED_STATUS, FORBIDDEN_STATUS, CREATED_STATUS = 200, 401, 403, 201

#: The route that kills a key.
API_KEY_KILL_PATH = "/v1/api-keys/{apiKeyId}/kill"

#: A well-formed key that does not exist.
INVENTED_API_KEY = "lp_live_00000000_00000000000000000000000000000000"

#: Scopes of the two weak keys: each route is tried with a key that lacks its scope.
ATTACK_WEAK_KEY_SCOPES = ("jobs:read", "projects:read")

#: Seconds for killing a key after the attack's end: the minute's rate limit may be exhausted.
ATTACK_KEY_CLEANUP_TIMEOUT_S = 70.0


class KeyRefusalCase(NamedTuple):
    """A caller that must be refused, its description, and the expected status."""

    caller: AttackClient
    description: str
    expected: int


def attack_with_insufficient_keys(
    root: str, strong: AttackClient, own: Mapping[str, str], routes: Sequence[AttackRoute], tally: AttackTally
) -> None:
    """Request each route that needs a key with no key, an unknown key, and a key without its scope.

    Record in `tally` whether the responses are 401, 401 and 403. Routes that stream are left out. Raise
    `AttackCheckDeadlinePassed` at the deadline. Create the keys without a scope, and kill them at the end.
    """
    keyed = [route for route in routes if route.needs_key and not route.streams]
    for route in keyed:
        tally.add_covered_route(ATTACK_SCOPES_CHECK_NAME, route.method, route.path)
    values = {**generate_unused_ids(routes), **own}
    with ExitStack() as stack:
        keyless = stack.enter_context(AttackClient(root, strong.throttle))
        unknown = stack.enter_context(AttackClient(root, strong.throttle, INVENTED_API_KEY))
        weak = {
            scope: stack.enter_context(_open_weak_key_client(root, strong, scope, tally))
            for scope in ATTACK_WEAK_KEY_SCOPES
        }
        for route in keyed:
            cases = [
                KeyRefusalCase(keyless, "no key", UNAUTHENTICATED_STATUS),
                KeyRefusalCase(unknown, "a key that does not exist", UNAUTHENTICATED_STATUS),
            ]
            lacking = next((weak[scope] for scope in ATTACK_WEAK_KEY_SCOPES if scope != route.scope), None)
            if route.scope and lacking:
                cases.append(KeyRefusalCase(lacking, f"a key without {route.scope}", FORBIDDEN_STATUS))
            for case in cases:
                _judge_key_refusal(case, route, values, tally)


@contextmanager
def _open_weak_key_client(
    root: str, strong: AttackClient, scope: str, tally: AttackTally
) -> Iterator[AttackClient | None]:
    """Create an API key with one scope, yield its client for the block, and kill the key at the end.

    Yield None if the API doesn't create the key. A key that can't be killed is a finding.
    """
    created = strong.send("POST", "/v1/api-keys", json={"name": ATTACK_OBJECT_NAME, "scopes": [scope]})
    if created.status != CREATED_STATUS:
        yield None
        return
    key = created.json()
    try:
        with AttackClient(root, strong.throttle, key["apiKey"]) as caller:
            yield caller
    finally:
        strong.throttle.set_deadline(ATTACK_KEY_CLEANUP_TIMEOUT_S)
        if not _kill_created_attack_key(strong, key["id"]):
            tally.record_judgement(
                ATTACK_SCOPES_CHECK_NAME,
                "POST",
                API_KEY_KILL_PATH,
                f"the key {key['id']} of this attack is still alive: kill it",
            )


def _kill_created_attack_key(strong: AttackClient, key_id: str) -> bool:
    """Kill an API key that the attack created; return whether a 200 confirms it."""
    with suppress(AttackCheckDeadlinePassed):
        return strong.send("POST", API_KEY_KILL_PATH.replace("{apiKeyId}", key_id)).status == OK_STATUS
    return False


def _judge_key_refusal(case: KeyRefusalCase, route: AttackRoute, values: Mapping[str, str], tally: AttackTally) -> None:
    answer = send_sample_body_to_route(case.caller, route, route.fill_path(values))
    if answer.is_conclusive:
        fault = f"answered {answer.status} to {case.description}, not {case.expected}"
        tally.record_judgement(
            ATTACK_SCOPES_CHECK_NAME, route.method, route.path, None if answer.status == case.expected else fault
        )
