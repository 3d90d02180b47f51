"""Objects of an organization: creates some, and reads more ids from the organization's lists."""

from collections.abc import Mapping, Sequence
from typing import Any

from chaos.attack.calls import AttackClient
from chaos.attack.document import PUBLIC_ID_PATTERN, AttackRoute
from schemas import ids

ATTACK_OBJECT_NAME = "tenantry attack"

#: Requests that create objects, by path. They contact no other server.
ATTACK_CREATE_REQUESTS: Mapping[str, dict[str, Any]] = {
    "/v1/projects": {"json": {"name": ATTACK_OBJECT_NAME, "timezone": "UTC"}},
    "/v1/projects/{projectId}/content/upload": {"files": {"caption": (None, ATTACK_OBJECT_NAME)}},
    "/v1/projects/{projectId}/sdk-apps": {
        "json": {"name": ATTACK_OBJECT_NAME, "platform": "web", "webDomain": "attack.example"}
    },
}
#: Additional requests for a sandbox, where fakes replace other servers.
ATTACK_CREATE_REQUESTS_IN_SANDBOX: Mapping[str, dict[str, Any]] = {
    "/v1/webhook-endpoints": {"json": {"url": "https://hooks.example.com/", "events": ["*"]}},
    "/v1/webhook-endpoints/{webhookEndpointId}/test": {},
    "/v1/projects/{projectId}/leased-accounts/request": {"json": {"count": 1, "niche": ATTACK_OBJECT_NAME}},
    "/v1/projects/{projectId}/ingest/website": {"json": {"url": "https://example.com/ok"}},
    "/v1/projects/{projectId}/influencers": {"json": {}},
}

#: Rounds of reading lists: the second round reads lists below objects of the first.
ATTACK_LIST_READ_ROUNDS = 2


def create_and_find_attack_objects(
    caller: AttackClient, routes: Sequence[AttackRoute], *, sandbox: bool
) -> dict[str, str]:
    """Create objects in the caller's organization, then read its lists. Raises `AttackCheckDeadlinePassed`.

    Return one id of each kind by its prefix, for example `prj`. A `sandbox` gets more kinds of objects.
    """
    posts = {route.path: route for route in routes if route.method == "POST"}
    found_ids: dict[str, str] = {}
    for path, options in {**ATTACK_CREATE_REQUESTS, **(ATTACK_CREATE_REQUESTS_IN_SANDBOX if sandbox else {})}.items():
        route = posts.get(path)
        if route and set(route.ids.values()) <= found_ids.keys():
            _collect_attack_id_of_each_kind(found_ids, caller.send("POST", route.fill_path(found_ids), **options).body)
    for _ in range(ATTACK_LIST_READ_ROUNDS):
        for route in select_list_routes(routes):
            if set(route.ids.values()) <= found_ids.keys():
                _collect_attack_id_of_each_kind(found_ids, caller.send("GET", route.fill_path(found_ids)).body)
    return found_ids


def select_list_routes(routes: Sequence[AttackRoute]) -> list[AttackRoute]:
    """Return the GET routes of an organization's own lists: they have pages of a size `limit`."""
    return [route for route in routes if route.method == "GET" and route.max_page and route.accepts_partner_key]


def generate_unused_ids(routes: Sequence[AttackRoute]) -> dict[str, str]:
    """Return a random id for each id prefix in the routes, by prefix. No object has one of these ids."""
    kinds = {kind for route in routes for kind in (*route.ids.values(), *route.filters.values())}
    return {kind: ids.format_prefixed_id(kind, ids.new_uuid7()) for kind in sorted(kinds)}


def _collect_attack_id_of_each_kind(found_ids: dict[str, str], body: bytes) -> None:
    """Add the ids in a response's body to `found_ids`, only the first one of each kind."""
    for match in PUBLIC_ID_PATTERN.finditer(body.decode("utf-8", "replace")):
        found_ids.setdefault(match[1], match[0])
