"""Other organizations' objects: on every route of the document they look like absent ones."""

from itertools import product
from typing import Any

import httpx
import pytest_asyncio
from litestar import Litestar

from db.pool import Pool
from schemas import ids
from tests.api.all_objects import create_one_of_each, no_change
from tests.api.conftest import ApiCaller, client_of, new_key
from tests.api.documented_routes import DocumentedRoute, routes
from tests.api.participants import new_project

#: The id kind of each path parameter and filter. Parameters not listed here name nothing that a tenant owns.
KINDS = {
    "projectId": ids.PROJECT_ID_PREFIX,
    "jobId": ids.JOB_ID_PREFIX,
    "apiKeyId": ids.API_KEY_ID_PREFIX,
    "socialAccountId": ids.ACCOUNT_ID_PREFIX,
    "contentId": ids.CONTENT_ID_PREFIX,
    "assetId": ids.ASSET_ID_PREFIX,
    "scheduledPostId": ids.POST_ID_PREFIX,
    "leaseRequestId": ids.LEASE_REQUEST_ID_PREFIX,
    "appId": ids.SDK_APP_ID_PREFIX,
    "claimId": ids.CLAIM_ID_PREFIX,
    "influencerId": ids.INFLUENCER_ID_PREFIX,
    "templateId": ids.TEMPLATE_ID_PREFIX,
    "webhookEndpointId": ids.WEBHOOK_ENDPOINT_ID_PREFIX,
    "webhookDeliveryId": ids.WEBHOOK_DELIVERY_ID_PREFIX,
    "webhookEventId": ids.WEBHOOK_EVENT_ID_PREFIX,
}

#: tests/api/accounts tests states. Organizations belong to the operators.
UNOWNED = {"name", "organizationId", "oauthState", "token", "ticket", "issuer"}


HEADS: tuple[dict[str, str], ...] = ({}, {"Idempotency-Key": "k"}, {"If-Match": '"1"'}, {"If-None-Match": "*"})


@pytest_asyncio.fixture(autouse=True)
async def roomy(acme: ApiCaller, rival: ApiCaller, pool: Pool) -> None:
    """Raise the rate limits, for any number of routes."""
    await pool.execute("update organization set tier = 'partner' where env = 'live'")


def owned_routes(app: Litestar) -> list[DocumentedRoute]:
    """Return the routes with an organization's object in their path, except operators' routes."""
    found = [
        route
        for route in routes(app)
        if route.needs_key and set(route.names) & KINDS.keys() and not route.path.startswith("/v1/ops/")
    ]
    assert len(found) > 5
    return found


def random_ids() -> dict[str, str]:
    """Return a random id of each kind."""
    return {name: ids.format_prefixed_id(kind, ids.new_uuid7()) for name, kind in KINDS.items()}


def bare_ids(theirs: dict[str, str]) -> dict[str, str]:
    return {name: value.rpartition("_")[2] for name, value in theirs.items()}


def comparable_answer(answer: httpx.Response) -> tuple[int, Any, dict[str, str]]:
    """Return an answer without its id and its counters."""
    error = dict(answer.json()["error"])
    del error["requestId"]
    own = {"x-request-id", "ratelimit"}
    return answer.status_code, error, {k: v for k, v in answer.headers.items() if k not in own}


def test_every_name_in_a_path_is_known_here(app: Litestar) -> None:
    """A new id kind of a new route must be added to `KINDS`; otherwise it isn't tested."""
    assert {name for route in routes(app) for name in route.names} <= KINDS.keys() | UNOWNED


async def test_foreign_objects_are_not_found(app: Litestar, acme: ApiCaller, rival: ApiCaller, pool: Pool) -> None:
    """In a path, an idempotency key, version or ETag makes no difference, nor does an id without prefix."""
    theirs = await create_one_of_each(acme.http, pool)
    async with no_change(pool):
        named = [(theirs, headers) for headers in HEADS] + [(bare_ids(theirs), HEADS[0])]
        for route, (foreign, headers) in product(owned_routes(app), named):
            answers = [
                await rival.http.request(route.method, route.at(each), **route.sent, headers=headers)
                for each in (foreign, random_ids())
            ]
            assert answers[0].status_code == 404, (route.method, route.path, answers[0].text)
            assert comparable_answer(answers[0]) == comparable_answer(answers[1])
        # An invalid body reveals nothing more.
        for route in owned_routes(app):
            answers = [
                await rival.http.request(route.method, route.at(each), json={"colour": "red"})
                for each in (theirs, random_ids())
            ]
            assert comparable_answer(answers[0]) == comparable_answer(answers[1])
    await check_filters_and_lists(app, rival, theirs)


async def check_filters_and_lists(app: Litestar, rival: ApiCaller, theirs: dict[str, str]) -> None:
    """Check that no filter finds foreign objects, and no list has them."""
    filtered = [(route, name) for route in routes(app) for name in route.query if name in KINDS]
    assert filtered
    own = random_ids() | {"projectId": await new_project(rival)}
    for route, name in filtered:
        answers = [await rival.http.get(route.at(own), params={name: named[name]}) for named in (theirs, random_ids())]
        assert comparable_answer(answers[0]) == comparable_answer(answers[1])
    for route in routes(app):
        if "cursor" in route.query and not route.names:
            text = (await rival.http.get(route.path)).text
            assert not [value for value in theirs.values() if value in text or value[-36:] in text]


async def test_foreign_cursor_is_refused(app: Litestar, acme: ApiCaller, rival: ApiCaller, pool: Pool) -> None:
    for _ in range(2):
        await create_one_of_each(acme.http, pool)
    for route in routes(app):
        if "cursor" in route.query and not route.names:
            page = await acme.http.get(route.path, params={"limit": "1"})
            if page.status_code == 200:
                theirs = page.json()["nextCursor"]
                answers = [
                    await rival.http.get(route.path, params={"cursor": cursor}) for cursor in (theirs, theirs[::-1])
                ]
                assert comparable_answer(answers[0]) == comparable_answer(answers[1])
                assert answers[0].status_code == 422


async def test_objects_without_ids_are_separate(app: Litestar, acme: ApiCaller, rival: ApiCaller, pool: Pool) -> None:
    """Another organization's data changes no answer of these routes, and they can't change it."""
    singletons = [
        route for route in routes(app) if route.needs_key and not (route.names or route.streams) and route.body is None
    ]

    async def asked() -> list[Any]:
        answers = [await rival.http.request(route.method, route.path) for route in singletons]
        return [(answer.status_code, answer.json().get("items", "")) for answer in answers]

    before = await asked()
    await create_one_of_each(acme.http, pool)
    await pool.execute(
        """insert into github_installation (organization_id, installation_id, account_login, listed_at)
           values ($1, 1, 'acme', now())""",
        acme.organization_id,
    )
    assert await asked() == before
    assert (await acme.http.get("/v1/github/installation")).json()["accountLogin"] == "acme"


async def test_objects_of_another_project_are_not_found(app: Litestar, acme: ApiCaller, pool: Pool) -> None:
    """In a path, and in a filter."""
    mine = await create_one_of_each(acme.http, pool)
    other = mine | {"projectId": await new_project(acme)}
    async with no_change(pool):
        found = [route for route in owned_routes(app) if {"projectId"} < set(route.names)]
        assert len(found) > 5
        for route in found:
            answer = await acme.http.request(route.method, route.at(other), **route.sent)
            assert answer.status_code == 404, (route.method, route.path)
        filtered = [(route, name) for route in routes(app) if route.names for name in route.query if name in KINDS]
        assert len(filtered) > 5
        for route, name in filtered:
            answers = [
                await acme.http.get(route.at(other), params={name: named[name]}) for named in (mine, random_ids())
            ]
            assert answers[0].status_code == 404, (route.path, name)
            assert comparable_answer(answers[0]) == comparable_answer(answers[1])


async def test_a_sandbox_is_another_organization(app: Litestar, pool: Pool, acme: ApiCaller) -> None:
    """A sandbox key reaches nothing of the live organization, and vice versa."""
    sandbox_id = await pool.fetchval(
        "select id from organization where live_organization_id = $1", acme.organization_id
    )
    live = await create_one_of_each(acme.http, pool)
    async with client_of(app, await new_key(pool, sandbox_id, env="test")) as sandbox:
        inside = await create_one_of_each(sandbox, pool)
        for route in owned_routes(app):
            for client, named in ((sandbox, live), (acme.http, inside)):
                answer = await client.request(route.method, route.at(named), **route.sent)
                assert answer.status_code == 404, (route.method, route.path)
