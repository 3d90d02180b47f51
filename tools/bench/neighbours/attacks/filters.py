"""Unindexed filters: reads of large tables without a match."""

import itertools
from uuid import UUID

from db.pool import Conn
from tools.bench.neighbours import tenants, victim
from tools.bench.neighbours.calls import open_client, run_closed_loop, send_counted
from tools.bench.neighbours.deployment import Deployment
from tools.bench.neighbours.row import AttackProgress, Plan, Row
from tools.bench.neighbours.scale import Scale

PROJECTS = 300_000
AUDIT_ENTRIES = 1_000_000
KEYS = 4
READERS = 30

READS = (
    "/v1/projects?search=nothing%20like%20it",
    "/v1/audit-log?action=nothing.done",
    "/v1/projects?search=zq",
    "/v1/projects?status=archived",
)

FILL_PROJECTS = """
insert into project (organization_id, id, name, timezone, primary_language)
select $1, uuidv7_like(number), 'Shop ' || md5(number::text), 'UTC', 'en'
  from generate_series(1, $2::int) as number"""

FILL_AUDIT = """
insert into audit_log (organization_id, id, action, subject)
select $1, uuidv7_like(number), 'project.updated', 'prj_' || number
  from generate_series(1, $2::int) as number"""

#: Indexes that are dropped before the inserts and rebuilt after them: much faster.
INDEXES = """
select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
  from pg_index
 where indrelid in ('project'::regclass, 'audit_log'::regclass)
   and not indisunique"""

#: Ids in the order of their numbers.
IDS = """
create or replace function uuidv7_like(number int) returns uuid language sql immutable as $$
  select ('01900000-0000-7000-8000-' || lpad(to_hex(number), 12, '0'))::uuid
$$"""


async def prepare(deployment: Deployment, scale: Scale) -> Plan:
    attacker = await tenants.create(deployment.environment, tier="standard", keys=KEYS)
    async with deployment.environment.pool.acquire() as conn, conn.transaction():
        await _fill(conn, attacker.org, scale)
    return Plan(port=deployment.port, keys=attacker.keys, many={"readers": scale.many(READERS)})


async def _fill(conn: Conn, org: UUID, scale: Scale) -> None:
    await conn.execute("set local statement_timeout = 0")
    await conn.execute("set local maintenance_work_mem = '256MB'")
    await conn.execute(IDS)
    indexes = await conn.fetch(INDEXES)
    for index in indexes:
        await conn.execute(f"drop index {index['name']}")
    await conn.execute(FILL_PROJECTS, org, scale.many(PROJECTS))
    await conn.execute(FILL_AUDIT, org, scale.many(AUDIT_ENTRIES))
    for index in indexes:
        await conn.execute(index["definition"])


async def attack(plan: Plan, progress: AttackProgress) -> None:
    clients = itertools.cycle([open_client(plan, key) for key in plan.keys])
    reads = itertools.cycle(READS)

    async def read() -> None:
        await send_counted(next(clients), progress, "GET", next(reads))

    await run_closed_loop(progress, plan.many["readers"], read)


ROW = Row(
    "filters", "filters that match nothing in 300,000 projects and 1,000,000 audit entries", victim.requests,
    prepare, attack,
)  # fmt: skip
