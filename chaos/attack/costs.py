"""Costs: compares refusals of worst-case bodies, and the largest pages, with cheap requests."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from chaos.attack.calls import AttackClient, AttackResponse
from chaos.attack.document import AttackRoute
from chaos.attack.objects import generate_unused_ids, select_list_routes
from chaos.attack.report import AttackTally

ATTACK_COSTS_CHECK_NAME = "costs"

#: Bytes of a worst-case body: the API's limit.
ATTACK_WORST_BODY_BYTES = 1_000_000

#: Measurements of each request. The minimum counts: a busy machine affects it least.
RESPONSE_TIMINGS_PER_ATTACK_REQUEST = 2

JSON_BODY_HEADERS = {"Content-Type": "application/json"}


def attack_with_costly_requests(
    caller: AttackClient, own: Mapping[str, str], routes: Sequence[AttackRoute], limit_s: float, tally: AttackTally
) -> None:
    """Measure the extra time of costly requests, and record a judgement of each. Raise `AttackCheckDeadlinePassed`.

    For a route with a JSON body, compare costly megabytes with as many bytes of invalid JSON. For a list, compare the
    largest page with a page of one item. Extra time above `limit_s` is a finding.
    """
    values = {**generate_unused_ids(routes), **own}
    bodies = [route for route in routes if _takes_json_body(route)]
    pages = select_list_routes(routes)
    for route in (*bodies, *pages):
        tally.add_covered_route(ATTACK_COSTS_CHECK_NAME, route.method, route.path)
    for route in pages:
        if {*route.ids.values()} <= own.keys():
            _judge_attack_time_of_large_page(caller, route, values, limit_s, tally)
    for route in bodies:
        _judge_refusal_time_of_costly_body(caller, route, values, limit_s, tally)


def _takes_json_body(route: AttackRoute) -> bool:
    return route.body is not None and route.accepts_partner_key


def _judge_attack_time_of_large_page(
    caller: AttackClient, route: AttackRoute, values: Mapping[str, str], limit_s: float, tally: AttackTally
) -> None:
    def page(limit: int) -> Callable[[], AttackResponse]:
        return lambda: caller.send("GET", route.fill_path(values), params={"limit": limit})

    smallest_s, largest_s = (
        _measure_quickest_response_s(page(1)),
        _measure_quickest_response_s(page(route.max_page or 1)),
    )
    if smallest_s is not None and largest_s is not None:
        extra_s = largest_s - smallest_s
        fault = f"a page of {route.max_page} takes {extra_s * 1000:.0f} ms more than one of 1"
        tally.record_judgement(ATTACK_COSTS_CHECK_NAME, "GET", route.path, fault if extra_s > limit_s else None)


def _judge_refusal_time_of_costly_body(
    caller: AttackClient, route: AttackRoute, values: Mapping[str, str], limit_s: float, tally: AttackTally
) -> None:
    def post(body: bytes) -> Callable[[], AttackResponse]:
        return lambda: caller.send(route.method, route.fill_path(values), content=body, headers=JSON_BODY_HEADERS)

    baseline_s = _measure_quickest_response_s(post(b"x" * ATTACK_WORST_BODY_BYTES))
    for name, body in generate_costly_json_bodies(route.body):
        took_s = _measure_quickest_response_s(post(body))
        if baseline_s is not None and took_s is not None:
            extra_s = took_s - baseline_s
            fault = f"a body of {len(body):,} bytes ({name}) takes {extra_s * 1000:.0f} ms over invalid JSON"
            tally.record_judgement(
                ATTACK_COSTS_CHECK_NAME, route.method, route.path, fault if extra_s > limit_s else None
            )


def _measure_quickest_response_s(send: Callable[[], AttackResponse]) -> float | None:
    """Return the quickest response's seconds; None if one of the measurements is missing, a 429 or a 503."""
    answers = [send() for _ in range(RESPONSE_TIMINGS_PER_ATTACK_REQUEST)]
    return min(answer.seconds for answer in answers) if all(answer.is_conclusive for answer in answers) else None


def generate_costly_json_bodies(example: Any) -> Iterator[tuple[str, bytes]]:
    """Yield pairs of a name and a costly JSON body of about a megabyte, to attack a route.

    Each costly value replaces a field of the sample body `example`, and is added as an unknown field. The
    replaced field is `metadata`, or else the first one.
    """
    fillings = {
        "empty lists": b"[" + b"[]," * 300_000 + b"[]]",
        "deep lists": b"[" * 450_000 + b"]" * 450_000,
        "numbers": b"[" + b"1.5e-7," * 130_000 + b"1]",
        "keys": b"{" + b",".join(b'"%x":0' % number for number in range(90_000)) + b"}",
        "text": b'"' + b"\\u00e9" * 150_000 + b'"',
    }
    fields = [name for name in example if isinstance(example, dict)] if example else []
    place = next((name for name in ("metadata", *fields) if name in fields), None)
    for name, filling in fillings.items():
        for field in dict.fromkeys((place or "unknown", "unknown")):
            rest = {key: value for key, value in example.items() if key != field} if fields else {}
            head = msgspec.json.encode(rest)[:-1]
            comma = b"," if rest else b""
            yield f"{name} in {field}", head + comma + msgspec.json.encode(field) + b":" + filling + b"}"
