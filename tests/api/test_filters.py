"""Filters of lists: each value of the contract, with commas or repeated, and no other value."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from litestar import Litestar

from db.pool import Conn, Pool
from domain.tenancy import audit
from schemas import ids
from tests import seeds
from tests.api.all_objects import AllRightsCaller
from tests.api.conftest import ApiCaller, list_pages, open_caller, read_answer, uuid_of
from tests.api.documented_routes import routes
from tests.api.participants import new_project
from tests.api.refusals import assert_refused, issue_paths


async def list_ids(caller: ApiCaller, path: str, key: str = "id", **params: Any) -> list[str]:
    page = read_answer(await caller.http.get(path, params=params))
    return [item[key] for item in page["items"]]


async def test_content(acme: ApiCaller, conn: Conn, pool: Pool) -> None:
    project = await new_project(acme)
    project_id = uuid_of(project)
    rows = [
        ("text", "completed", "uploaded", "pending"),
        ("image", "completed", "generated", "approved"),
        ("video", "failed", "generated", "not_required"),
        ("slideshow", "processing", "generated", "approved"),
    ]
    created = []
    for row in rows:
        content_id = await seeds.content(conn, acme.organization_id, project_id)
        created.append(ids.format_prefixed_id(ids.CONTENT_ID_PREFIX, content_id))
        await pool.execute(
            """update content_item set format = $1, status = $2, creative_type = $3, approval_status = $4
                where id = $5""",
            *row,
            content_id,
        )
    one, two, three, four = created
    path = f"/v1/projects/{project}/content"
    for params, found in [
        ({"format": "text"}, [one]),
        ({"format": "video,image"}, [three, two]),
        ({"format": "image,image"}, [two]),
        ({"creativeType": "generated"}, [four, three, two]),
        ({"creativeType": "generated,uploaded", "status": "completed"}, [two, one]),
        ({"status": "failed,processing"}, [four, three]),
        ({"approvalStatus": "pending,approved"}, [four, two, one]),
        ({"approvalStatus": "approved", "format": "image", "status": "completed"}, [two]),
        ({"format": "video", "creativeType": "uploaded"}, []),
    ]:  # fmt: skip
        assert await list_ids(acme, path, **params) == found, params
    assert await list_ids(acme, path, format=["video", "image"]) == [three, two]
    pages = await list_pages(acme.http, path, format="text,image,video", limit="2")
    assert [item["id"] for item in pages] == [three, two, one]


async def test_a_time_bounds_when_content_was_made_whatever_its_id_says(
    acme: ApiCaller, conn: Conn, pool: Pool
) -> None:
    project = await new_project(acme)
    old, new = [await seeds.content(conn, acme.organization_id, uuid_of(project)) for _ in range(2)]
    created = datetime.now(UTC)
    await pool.execute("update content_item set created_at = $1 where id = $2", created, new)
    earlier = created - timedelta(minutes=59)
    await pool.execute("update content_item set created_at = $1 where id = $2", earlier, old)
    path, then = f"/v1/projects/{project}/content", created - timedelta(minutes=30)
    older, newer = (
        ids.format_prefixed_id(ids.CONTENT_ID_PREFIX, old),
        ids.format_prefixed_id(ids.CONTENT_ID_PREFIX, new),
    )
    assert await list_ids(acme, path, since=seeds.in_utc(then)) == [newer]
    assert await list_ids(acme, path, until=seeds.in_utc(then)) == [older]
    assert await list_ids(acme, path, since=seeds.in_utc(earlier), until=seeds.in_utc(created)) == [older]
    assert await list_ids(acme, path, since=seeds.in_utc(created)) == [newer]
    # A time may be at either end of the calendar.
    ends = {"since": "0001-01-01T00:00:00Z", "until": "9999-12-31T23:59:59Z"}
    for listed in (path, "/v1/audit-log"):
        all_of_it = await list_ids(acme, listed)
        assert all_of_it
        assert await list_ids(acme, listed, **ends) == all_of_it


async def test_accounts(acme: ApiCaller, conn: Conn, pool: Pool) -> None:
    project = await new_project(acme)
    created = [
        await seeds.account(conn, acme.organization_id, uuid_of(project), handle=f"shop{number}", platform=platform)
        for number, platform in enumerate(("mastodon", "bluesky", "tiktok"))
    ]
    await pool.execute("update social_account set status = 'reauth_required' where id = $1", created[1])
    lend = "update social_account set owner_organization_id = $1, owner_account_id = id where id = $2"
    await pool.execute(lend, acme.organization_id, created[2])
    one, two, three = (ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, each) for each in created)
    path = f"/v1/projects/{project}/social-accounts"
    for params, found in [
        ({"platform": "mastodon"}, [one]),
        ({"platform": "tiktok,bluesky,instagram"}, [three, two]),
        ({"status": "connected"}, [three, one]),
        ({"status": "reauth_required,disconnected"}, [two]),
        ({"leased": "true"}, [three]),
        ({"leased": "false"}, [two, one]),
        ({"leased": "true", "status": "reauth_required"}, []),
        ({"leased": "false", "platform": "mastodon,tiktok", "status": "connected"}, [one]),
        ({"leased": "true", "platform": "tiktok"}, [three]),
    ]:  # fmt: skip
        assert await list_ids(acme, path, "socialAccountId", **params) == found, params


async def test_the_audit_log(acme: ApiCaller, rival: ApiCaller, pool: Pool) -> None:
    shop, bar = [await new_project(acme) for _ in range(2)]
    key = (await acme.http.get("/v1/whoami")).json()["apiKeyId"]
    other = (await acme.http.post("/v1/api-keys", json={"name": "b", "scopes": ["*"]})).json()
    await acme.http.patch(f"/v1/projects/{shop}", json={"name": "Store"})
    await acme.http.patch(f"/v1/projects/{bar}", json={"name": "Inn"}, headers={"X-Api-Key": other["apiKey"]})

    async def told(**params: str) -> list[tuple[str, str | None]]:
        page = read_answer(await acme.http.get("/v1/audit-log", params=params))
        return [(entry["action"], entry["projectId"]) for entry in page["items"]]

    created, updated = "project.created", "project.updated"
    assert await told(projectId=shop) == [(updated, shop), (created, shop)]
    assert await told(projectId=f"{shop},{shop.removeprefix('prj_')}") == [(updated, shop), (created, shop)]
    assert await told(projectId=f"{shop},{bar}", action=updated) == [(updated, bar), (updated, shop)]
    assert await told(apiKeyId=other["id"]) == [(updated, bar)]
    assert await told(apiKeyId=f"{key},{other['id']}", action=f"{created},api_key.created") == [
        ("api_key.created", None),
        (created, bar),
        (created, shop),
    ]
    assert await told(action="no.such") == []
    now = datetime.now(UTC)
    assert await told(since=seeds.in_utc(now + timedelta(minutes=1))) == []
    assert await told(until=seeds.in_utc(now - timedelta(minutes=1))) == []
    assert len(await told(since=seeds.in_utc(now - timedelta(minutes=1)))) >= 5
    theirs = await new_project(rival)
    their_key = (await rival.http.get("/v1/whoami")).json()["apiKeyId"]
    for params in ({"projectId": f"{shop},{theirs}"}, {"apiKeyId": their_key}):
        assert_refused(await acme.http.get("/v1/audit-log", params=params), 404, "NOT_FOUND")


async def test_the_entries_of_a_project_are_found_even_if_it_is_gone(acme: ApiCaller, conn: Conn) -> None:
    project, gone = await new_project(acme), ids.new_uuid7()
    await seeds.account(conn, acme.organization_id, uuid_of(project))
    actions = await list_ids(acme, "/v1/audit-log", "action", projectId=project)
    assert actions == ["social_account.connected", "project.created"]
    await audit.write_audit_entry(
        conn,
        organization_id=acme.organization_id,
        api_key_id=None,
        action="project.purged",
        subject=ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, gone),
        project_id=gone,
    )
    shown = ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, gone)
    assert await list_ids(acme, "/v1/audit-log", "subject", projectId=shown) == [shown]


async def test_jobs_of_several_kinds_statuses_and_stages(acme: ApiCaller, pool: Pool) -> None:
    project = await new_project(acme)
    where = f"/v1/projects/{project}/ingest"
    site = (await acme.http.post(f"{where}/website", json={"url": "https://example.com"})).json()["jobId"]
    repo = (await acme.http.post(f"{where}/github", json={"repoFullName": "a/b"})).json()["jobId"]
    await acme.http.post(f"/v1/jobs/{site}/cancel")
    for params, found in [
        ({"kind": "ingest_website,ingest_github"}, [repo, site]),
        ({"kind": "ingest_website,ingest_github", "status": "canceled"}, [site]),
        ({"status": "canceled,running"}, [repo, site]),
        ({"stage": "queued,canceled"}, [repo, site]),
        ({"stage": "queued,canceled", "kind": "publish_post"}, []),
    ]:  # fmt: skip
        for more in ({}, {"projectId": project}):
            assert await list_ids(acme, "/v1/jobs", "jobId", **params, **more) == found, params


def resolve_schema(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema, or the one that it references."""
    found: dict[str, Any] = document["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2])
    return found or schema


@pytest.mark.usefixtures("unchanged")
async def test_impossible_filter_value_is_refused(operator: AllRightsCaller) -> None:
    """In each filter with a fixed set of values, alone and after a valid one."""
    document = (await operator.http.get("/v1/openapi.json")).json()
    checked = 0
    for route in operator.lists:
        for item in document["paths"][route.path][route.method.lower()]["parameters"]:
            words = resolve_schema(document, item["schema"].get("items", item["schema"])).get("enum")
            for value in ("nonsense", *([f"{words[0]},nonsense", f"{words[0]},", ""] if words else ())):
                if words:
                    answer = await operator.send(route, params={item["name"]: value})
                    assert issue_paths(answer) == [item["name"]], (route, value)
                    checked += 1
    assert checked > 30


async def test_invalid_request_is_reported_before_a_missing_object(app: Litestar, pool: Pool) -> None:
    wrong = {"cursor": "made-up", "limit": "0", "since": "soon", "kind": "none", "status": "none"}
    # Operators search all organizations: they get an empty list where a partner gets a 404.
    partners = [route for route in routes(app) if "cursor" in route.query and not route.path.startswith("/v1/ops/")]
    lists = [route for route in partners if "projectId" in {*route.names, *route.query}]
    assert len(lists) >= 9, lists
    async with open_caller(app, pool, "Often", tier="pilot") as caller:
        for route, project in product(
            lists, (ids.format_prefixed_id(ids.PROJECT_ID_PREFIX, ids.new_uuid7()), "nobody")
        ):
            path, scope = route.at({"projectId": project}), {} if route.names else {"projectId": project}
            for name in wrong.keys() & {*route.query}:
                answer = await caller.http.get(path, params=scope | {name: wrong[name]})
                assert answer.status_code == 422, (path, name)
            assert (await caller.http.get(path, params=scope)).status_code == 404
