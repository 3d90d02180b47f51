"""Runner of an attack, from the API's document to the report."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, NamedTuple

from chaos.attack.calls import AttackCheckDeadlinePassed, AttackClient, AttackRequestThrottle
from chaos.attack.costs import ATTACK_COSTS_CHECK_NAME as COSTS
from chaos.attack.costs import attack_with_costly_requests
from chaos.attack.document import AttackRoute, list_openapi_routes
from chaos.attack.objects import create_and_find_attack_objects
from chaos.attack.report import AttackReport, AttackTally
from chaos.attack.scopes import ATTACK_SCOPES_CHECK_NAME as SCOPES
from chaos.attack.scopes import attack_with_insufficient_keys
from chaos.attack.tenancy import ATTACK_TENANCY_CHECK_NAME as TENANCY
from chaos.attack.tenancy import AttackParty, attack_with_foreign_ids
from schemas.errors import AttackRunImpossible

ATTACKED_API_DOCUMENT_PATH, ATTACKED_API_WHOAMI_PATH = "/v1/openapi.json", "/v1/whoami"

#: Shares of the total time. A check also gets unused time of earlier checks.
ATTACK_CHECK_TIME_SHARES = {TENANCY: 0.4, SCOPES: 0.3, COSTS: 0.3}

LogFunction = Callable[[str], None]


class AttackOptions(NamedTuple):
    """`root` is the API's address without /v1; `keys` belong to different organizations."""

    root: str
    keys: Sequence[str]
    seconds: float
    rate: float
    cost_limit_s: float


def run_all_attack_checks(plan: AttackOptions, log: LogFunction) -> AttackReport:
    """Check tenancy, scopes and costs of a running API within `plan.seconds`; return the report.

    Raise `AttackRunImpossible` without an OpenAPI document, for an invalid key, for keys of a single
    organization, or if the time ends before the first check.
    """
    began, tally = time.monotonic(), AttackTally()
    with _open_attack_clients(plan) as callers:
        try:
            routes = _fetch_api_routes(callers[0])
            accounts = [_fetch_attack_key_whoami(caller) for caller in callers]
        except AttackCheckDeadlinePassed:
            raise AttackRunImpossible(
                "the time ended before the first check: allow more seconds or a higher rate"
            ) from None
        if len({account["organizationId"] for account in accounts}) < 2:
            raise AttackRunImpossible("the keys are of one organization: name keys of two")
        log(f"{len(routes)} routes at {plan.root}, {len(callers)} organizations")
        sides = [
            AttackParty(caller, ids)
            for caller, account in zip(callers, accounts, strict=True)
            if (ids := _create_and_find_party_objects(caller, routes, sandbox=account["sandbox"])) is not None
        ]
        for check, attack in _yield_api_attack_checks(plan, sides, routes, tally):
            _run_attack_check(callers[0].throttle, check, attack, tally, log)
    return tally.build_report(plan.root, len(callers), time.monotonic() - began)


@contextmanager
def _open_attack_clients(plan: AttackOptions) -> Iterator[list[AttackClient]]:
    throttle = AttackRequestThrottle(plan.rate, plan.seconds)
    with ExitStack() as stack:
        yield [stack.enter_context(AttackClient(plan.root, throttle, key)) for key in plan.keys]


def _yield_api_attack_checks(
    plan: AttackOptions, sides: Sequence[AttackParty], routes: Sequence[AttackRoute], tally: AttackTally
) -> Iterator[tuple[str, Callable[[], None]]]:
    def try_tenancy() -> None:
        for attacker in sides:
            for victim in sides:
                if attacker is not victim:
                    attack_with_foreign_ids(attacker, victim, routes, tally)

    if len(sides) > 1:
        yield TENANCY, try_tenancy
    if sides:
        first = sides[0]
        yield SCOPES, lambda: attack_with_insufficient_keys(plan.root, first.caller, first.ids, routes, tally)
        yield COSTS, lambda: attack_with_costly_requests(first.caller, first.ids, routes, plan.cost_limit_s, tally)


def _run_attack_check(
    throttle: AttackRequestThrottle, check: str, attack: Callable[[], None], tally: AttackTally, log: LogFunction
) -> None:
    """Run one check of the attack for its share of the remaining time; count its requests. A deadline ends it early."""
    checks = [*ATTACK_CHECK_TIME_SHARES]
    share = ATTACK_CHECK_TIME_SHARES[check] / sum(
        ATTACK_CHECK_TIME_SHARES[later] for later in checks[checks.index(check) :]
    )
    now = time.monotonic()
    throttle.deadline = now + max(0.0, throttle.end - now) * share
    before = throttle.count
    with suppress(AttackCheckDeadlinePassed):
        attack()
    tally.requests[check] += throttle.count - before
    findings = sum(finding.check == check for finding in tally.findings)
    log(f"{check}: {throttle.count - before} requests, {findings} found")


def _fetch_api_routes(caller: AttackClient) -> list[AttackRoute]:
    """Read the attacked API's OpenAPI document; return its routes. Raise `AttackRunImpossible` without one."""
    answer = caller.send("GET", ATTACKED_API_DOCUMENT_PATH)
    try:
        return list_openapi_routes(answer.json())
    except (KeyError, TypeError, AttributeError) as error:
        raise AttackRunImpossible(
            f"{ATTACKED_API_DOCUMENT_PATH} is no OpenAPI document (status {answer.status})"
        ) from error


def _fetch_attack_key_whoami(caller: AttackClient) -> dict[str, Any]:
    """Return the API's description of a key's organization. Raise `AttackRunImpossible` if the API refuses the key."""
    answer = caller.send("GET", ATTACKED_API_WHOAMI_PATH)
    account = answer.json()
    if answer.status != 200 or not isinstance(account, dict):
        raise AttackRunImpossible(f"a key is refused with {answer.status}: name keys that work")
    return account


def _create_and_find_party_objects(
    caller: AttackClient, routes: Sequence[AttackRoute], *, sandbox: bool
) -> dict[str, str] | None:
    """Create and find objects of an organization; return their ids by prefix, None if the time is over."""
    with suppress(AttackCheckDeadlinePassed):
        return create_and_find_attack_objects(caller, routes, sandbox=sandbox)
    return None
