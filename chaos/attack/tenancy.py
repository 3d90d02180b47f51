"""Tenancy: the API must treat another organization's ids like unused ids, and change nothing."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from chaos.attack.calls import AttackClient, send_sample_body_to_route
from chaos.attack.document import AttackRoute
from chaos.attack.objects import generate_unused_ids, select_list_routes
from chaos.attack.report import AttackTally

ATTACK_TENANCY_CHECK_NAME = "tenancy"
NOT_FOUND_STATUS = 404
#: Statuses that refuse a body. They reveal nothing about an id if an unused id gets the same one.
INVALID_BODY_STATUSES = {400, 413, 415, 422}

IdsByPrefix = Mapping[str, str]


class AttackParty(NamedTuple):
    """An organization: its client, and one id of each kind by prefix."""

    caller: AttackClient
    ids: IdsByPrefix


def attack_with_foreign_ids(
    attacker: AttackParty, victim: AttackParty, routes: Sequence[AttackRoute], tally: AttackTally
) -> None:
    """Request all routes with the victim's ids by the attacker's key. Raise `AttackCheckDeadlinePassed`.

    A response must be the same 404 as for an unused id. A victim's object that changed meanwhile is a finding, too.
    """
    for route in select_routes_with_object_ids(routes):
        tally.add_covered_route(ATTACK_TENANCY_CHECK_NAME, route.method, route.path)
    before = _snapshot_objects_of_victim(victim, routes)
    volatile = {
        path for path, response in _snapshot_objects_of_victim(victim, routes).items() if response != before[path]
    }
    _judge_routes_with_foreign_ids(attacker, victim, routes, tally)
    for path, response in _snapshot_objects_of_victim(victim, routes).items():
        if path not in volatile and response != before[path]:
            tally.record_judgement(
                ATTACK_TENANCY_CHECK_NAME, "GET", path, "another organization's requests have changed it"
            )


def _judge_routes_with_foreign_ids(
    attacker: AttackParty, victim: AttackParty, routes: Sequence[AttackRoute], tally: AttackTally
) -> None:
    unused = generate_unused_ids(routes)
    for route in select_routes_with_object_ids(routes):
        for foreign, absent in _pair_foreign_and_unused_ids(route, attacker.ids, victim.ids, unused):
            _judge_foreign_ids(attacker.caller, route, foreign, absent, tally)
    for route in routes:
        if route.method == "GET" and route.accepts_partner_key and not (route.path_parameters or route.streams):
            _judge_filters_with_foreign_ids(attacker.caller, route, victim.ids, unused, tally)
    for route in select_list_routes(routes):
        if not route.path_parameters:
            _judge_list_for_foreign_ids(attacker, route, victim.ids, tally)


def select_routes_with_object_ids(routes: Sequence[AttackRoute]) -> list[AttackRoute]:
    """Return the routes for an organization's key that have an object's id in the path."""
    return [route for route in routes if route.ids and route.accepts_partner_key]


def _pair_foreign_and_unused_ids(
    route: AttackRoute, own: IdsByPrefix, theirs: IdsByPrefix, unused: IdsByPrefix
) -> Iterator[tuple[IdsByPrefix, IdsByPrefix]]:
    """Yield pairs of ids for a route: another organization's ids, and unused ones to compare with.

    First all ids are foreign, then a foreign object is below an own one. A pair with a missing id is left out.
    """
    kinds = [*route.ids.values()]
    if all(kind in theirs for kind in kinds):
        yield theirs, unused
    outer, inner = kinds[0], kinds[1:]
    if inner and outer in own and all(kind in theirs for kind in inner):
        above = {outer: own[outer]}
        yield {**theirs, **above}, {**unused, **above}


def _judge_foreign_ids(
    caller: AttackClient, route: AttackRoute, theirs: IdsByPrefix, unused: IdsByPrefix, tally: AttackTally
) -> None:
    answers = [send_sample_body_to_route(caller, route, route.fill_path(named)) for named in (theirs, unused)]
    if not all(answer.is_conclusive for answer in answers):
        return
    same = answers[0].build_comparable_answer() == answers[1].build_comparable_answer()
    if same and answers[0].status in INVALID_BODY_STATUSES:
        return  # The sample body is refused before the id is checked.
    fault = None
    if answers[0].status != NOT_FOUND_STATUS:
        fault = f"answered {answers[0].status} to another organization's id"
    elif not same:
        fault = "its 404 differs from the 404 of an unused id"
    tally.record_judgement(ATTACK_TENANCY_CHECK_NAME, route.method, route.path, fault)


def _judge_filters_with_foreign_ids(
    caller: AttackClient, route: AttackRoute, theirs: IdsByPrefix, unused: IdsByPrefix, tally: AttackTally
) -> None:
    for name, kind in route.filters.items():
        if kind in theirs:
            answers = [caller.send("GET", route.path, params={name: ids[kind]}) for ids in (theirs, unused)]
            if all(answer.is_conclusive for answer in answers):
                same = answers[0].build_comparable_answer() == answers[1].build_comparable_answer()
                fault = None if same else f"its filter {name} reveals another organization's id"
                tally.record_judgement(ATTACK_TENANCY_CHECK_NAME, "GET", route.path, fault)


def _judge_list_for_foreign_ids(
    attacker: AttackParty, route: AttackRoute, theirs: IdsByPrefix, tally: AttackTally
) -> None:
    answer = attacker.caller.send("GET", route.path)
    if answer.is_conclusive:
        text = answer.body.decode("utf-8", "replace")
        seen = [value for kind, value in theirs.items() if kind != "org" and value in text]
        fault = f"its list shows {seen[0]} of another organization" if seen else None
        tally.record_judgement(ATTACK_TENANCY_CHECK_NAME, "GET", route.path, fault)


def _snapshot_objects_of_victim(victim: AttackParty, routes: Sequence[AttackRoute]) -> dict[str, object]:
    """Read each object of the victim with the victim's key; return the comparable responses by path."""
    return {
        route.path: victim.caller.send("GET", route.fill_path(victim.ids)).build_comparable_answer()
        for route in select_routes_with_object_ids(routes)
        if route.method == "GET" and route.path.endswith("}") and {*route.ids.values()} <= victim.ids.keys()
    }
