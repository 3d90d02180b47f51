"""Projects of many tenants in one statement: each has its own result, and none waits for another's key."""

from uuid import UUID

import pytest_asyncio

from db.pool import Conn, Pool
from domain.projects import projects
from domain.projects.projects import ProjectToInsert
from domain.tenancy import idempotency
from domain.tenancy.idempotency import IdempotencyKeyUse, IdempotencyRecord
from schemas import ids
from schemas.projects import ProjectCreate
from tests import seeds

Key = tuple[UUID, UUID]


@pytest_asyncio.fixture
async def acme(conn: Conn) -> Key:
    return await a_key(conn)


@pytest_asyncio.fixture
async def rival(conn: Conn) -> Key:
    return await a_key(conn)


async def a_key(conn: Conn) -> Key:
    org = await seeds.organization(conn)
    return org, seeds.parse_id(ids.API_KEY_ID_PREFIX, (await seeds.api_key(conn, org)).id)


def new(who: Key, name: str, key: str | None = None) -> ProjectToInsert:
    org, api_key_id = who
    body = ProjectCreate(name=f" {name} ", timezone="UTC", metadata={"plan": "gold"})
    composed = projects.compose_new_project(body, organization_id=org, now=seeds.NOW)
    record = key and IdempotencyRecord(
        org, api_key_id, key, b"print", 201, f"/v1/projects/{composed.id}", b"{}", None, None
    )
    return ProjectToInsert(org, api_key_id, composed, record or None)


async def names(conn: Conn) -> list[str]:
    return [row["name"] for row in await conn.fetch("select name from project order by name")]


async def test_each_project_has_its_record_and_audit_entry(conn: Conn, acme: Key, rival: Key) -> None:
    asked = [new(acme, "A", "k"), new(rival, "B", "k"), new(acme, "C"), new(acme, "D")]
    assert await projects.insert_new_projects(conn, asked) == [True] * 4
    assert await names(conn) == ["A", "B", "C", "D"]
    for one in asked:
        project_id = seeds.parse_id(ids.PROJECT_ID_PREFIX, one.composed.id)
        read = await projects.read_project(conn, organization_id=one.organization_id, project_id=project_id)
        assert read == (one.composed, 1)
    found = await conn.fetch("select organization_id, key, location from idempotency_key")
    assert {tuple(row) for row in found} == {
        (one.organization_id, "k", f"/v1/projects/{one.composed.id}") for one in asked[:2]
    }
    noted = await conn.fetch("select subject, api_key_id from audit_log where action = 'project.created'")
    assert {tuple(row) for row in noted} == {(one.composed.id, one.api_key_id) for one in asked}


async def test_used_key_writes_nothing_and_others_succeed(conn: Conn, acme: Key, rival: Key) -> None:
    await projects.insert_new_projects(conn, [new(acme, "A", "k")])
    asked = [new(acme, "B", "k"), new(rival, "C", "k"), new(rival, "D", "k"), new(acme, "E", "l")]
    assert await projects.insert_new_projects(conn, asked) == [False, True, False, True]
    assert await names(conn) == ["A", "C", "E"]


async def test_key_in_use_blocks_no_other_project(pool: Pool, conn: Conn, acme: Key, rival: Key) -> None:
    org, api_key_id = acme
    async with pool.acquire() as other, other.transaction():
        assert await idempotency.try_to_claim_idempotency_key(other, IdempotencyKeyUse(org, api_key_id, "k", b"print"))
        asked = [new(acme, "A", "k"), new(rival, "B", "k"), new(acme, "C")]
        assert await projects.insert_new_projects(conn, asked) == [None, True, True]
    assert await names(conn) == ["B", "C"]
    assert await projects.insert_new_projects(conn, [new(acme, "A", "k")]) == [False]
