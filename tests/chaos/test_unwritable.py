"""A Postgres that refuses writes: read-only, as after a failover, or with a full disk."""

import asyncio

import asyncpg
import httpx
import pytest

from tests.chaos.fleet import Fleet
from tests.waiting import eventually

pytestmark = pytest.mark.chaos

#: Ends all sessions, so that the database's setting applies; a failover does the same.
HANG_UP = """select pg_terminate_backend(pid) from pg_stat_activity
              where datname = current_database() and application_name not in ('', 'chaos test')"""

#: Statements that begin and end each case. No disk is filled here: a trigger raises its error.
WAYS = {
    "read-only": (
        "alter database {name} set default_transaction_read_only = on",
        "alter database {name} set default_transaction_read_only = off",
    ),
    "full": (
        """create function fill() returns trigger language plpgsql as
           $$ begin raise exception using errcode = '53100'; end $$;
           create trigger fill before insert or update on job for statement execute function fill();
           create trigger fill before insert or update on worker for statement execute function fill();
           create trigger fill before insert or update on project for statement execute function fill()""",
        "drop function fill cascade",
    ),
}
PROJECT = {"name": "Shop", "timezone": "Europe/Berlin"}


@pytest.mark.parametrize("way", WAYS)
async def test_fleet_survives_three_leases_without_writes(fleet: Fleet, api: httpx.AsyncClient, way: str) -> None:
    """No process ends, no attempt is used up, no write is accepted, and work resumes afterwards."""
    processes = [await fleet.dispatcher(), await fleet.worker(slots=3), await fleet.worker(slots=3)]
    jobs = await fleet.submit(20, pauses=["handler"])
    await eventually(lambda: fleet.pool.fetchval("select count(*) = 6 from job where state = 'running'"))
    begin, end = [statement.format(name=await name(fleet)) for statement in WAYS[way]]
    await change(fleet, begin)
    refused = await api.post("/v1/projects", json=PROJECT)
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "UNAVAILABLE"), refused.text
    assert refused.headers["Retry-After"] == "1"
    assert (await api.get("/v1/projects")).status_code == 200
    # The scenario is an outage of three leases.
    await asyncio.sleep(3 * fleet.settings.lease_s)
    assert [process.popen.poll() for process in processes] == [None] * 3
    fleet.go()
    await change(fleet, end)
    rows = await fleet.completed(jobs)
    assert {(row["attempt"], row["crashes"]) for row in rows} == {(1, 0)}
    assert (await api.post("/v1/projects", json=PROJECT)).status_code == 201


async def name(fleet: Fleet) -> str:
    return str(await fleet.pool.fetchval("select current_database()"))


async def change(fleet: Fleet, statements: str) -> None:
    conn = await asyncpg.connect(fleet.settings.database_url, server_settings={"default_transaction_read_only": "off"})
    try:
        await conn.execute(statements)
        await conn.execute(HANG_UP)
    finally:
        await conn.close()
