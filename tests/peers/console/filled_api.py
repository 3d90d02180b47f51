"""An API with data on each screen: two organizations, a day of ended jobs, and hostile names."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import httpx

from db.pool import Conn, open_postgres_pool
from domain.tenancy import api_keys
from schemas import ids
from tests import seeds
from tests.api.conftest import new_key
from tests.peers.chromium import BrowserTab
from tests.peers.console.shop import HOSTILE, LONG
from tests.peers.own_api import OwnApi, own_api

ENDED = 10_000

JOBS = """
insert into job (organization_id, project_id, id, kind, pool, state, stage, attempt, max_attempts, args,
                 run_at, deadline_at, started_at, created_at, finished_at, error)
select $1, $2,
       (lpad(to_hex((extract(epoch from t.at) * 1000)::bigint), 12, '0')
        || '7' || left(md5(n::text), 3) || '8' || right(md5(n::text), 15))::uuid,
       k.kind, k.pool, e.state, e.state, 1, 4,
       jsonb_build_object('url', $3::text), t.at, t.at + interval '1 day',
       t.at + n * 31 % 19 * interval '100 milliseconds', t.at,
       t.at + interval '2 seconds' + n * 7919 % 40 * interval '1 second',
       case when e.state = 'failed'
            then jsonb_build_object('code', (array['TIMEOUT', 'TIMEOUT', 'BLOCKED', 'THROTTLED'])[1 + n % 4],
                                    'message', $3::text, 'retryable', true) end
  from generate_series(1, $4::int) n
 cross join lateral (
         select now() - interval '50 seconds' - (n * 40 + n * 13 % 29) * interval '1 second' as at) t
 cross join lateral (
         select (array['ingest_website', 'publish_post', 'content_generate'])[1 + n % 3] as kind,
                (array['ingest', 'publish', 'generate'])[1 + n % 3] as pool) k
 cross join lateral (
         select case when n % 17 = 0 then 'failed'
                     when n % 41 = 0 then 'canceled'
                     else 'completed' end as state) e
"""

ATTEMPTS = """
insert into job_attempt (organization_id, job_id, fence, attempt, started_at, ended_at, outcome, error)
select organization_id, id, 1, 1, started_at, finished_at, state, error from job where finished_at is not null
"""

WORKERS = """
insert into worker (id, pool, host, pid, version, slots, lease_expires_at)
select gen_random_uuid(), p.name, host, 4000 + n, '1.0.0', 16, now() + interval '1 day'
  from pool p
 cross join unnest(array['worker-a.internal', $1::text]) with ordinality h (host, n)
"""


class Screen(NamedTuple):
    """An address with ids as `{project}` and `{job}`, and an expression that is true after it has loaded."""

    address: str
    ready: str


class FilledApi(NamedTuple):
    """An API, a key with every scope, a project with a hostile name, another project, and a failed job."""

    api: OwnApi
    key: str
    project: str
    other: str
    job: str

    def at(self, screen: Screen) -> str:
        """Return the screen's address."""
        return screen.address.format(project=self.project, job=self.job)

    def open(self, page: BrowserTab, address: str, ready: str, *, key: str | None = None) -> None:
        """Open a screen in a tab that has the key."""
        self.api.open(page, address, ready, key=key or self.key)


@contextmanager
def filled_api(folder: Path) -> Iterator[FilledApi]:
    with own_api(folder) as api:
        with api.client() as client:
            long = client.post("/projects", json={"name": LONG[:120], "timezone": "Europe/Berlin"})
            assert long.is_success, long.text
            created = client.post("/projects", json={"name": HOSTILE, "timezone": "Europe/Berlin"})
            project = str(created.json()["id"])
            for number in range(3):
                url = {"url": f"https://shop{number}.example"}
                client.post(f"/projects/{project}/ingest/website", json=url)
        key, accounts = asyncio.run(_filled(api.database_url))
        with api._replace(key=key).client() as client:
            _lend(client, project, accounts)
            [failed] = client.get("/jobs?status=failed&limit=1").json()["items"]
        yield FilledApi(api, key, project, str(long.json()["id"]), failed["jobId"])


def _lend(client: httpx.Client, project: str, accounts: list[str]) -> None:
    """Offer both accounts and lease one; leave one request open and reject one."""
    for account in accounts:
        offer = {"socialAccountId": account, "niche": f"{HOSTILE} {LONG}"[:200]}
        made = client.post("/ops/leasable-accounts", json=offer)
        assert made.is_success, made.text
    answers = {"assign": {"socialAccountIds": accounts[:1]}, "reject": {"reason": HOSTILE}, "": None}
    for answer, body in answers.items():
        ask = {"count": 1, "niche": HOSTILE, "note": LONG}
        made = client.post(f"/projects/{project}/leased-accounts/request", json=ask)
        assert made.is_success, made.text
        if body:
            said = client.post(f"/ops/lease-requests/{made.json()['requestId']}/{answer}", json=body)
            assert said.is_success, said.text


async def _filled(url: str) -> tuple[str, list[str]]:
    """Fill the ledger; return a key with every scope, and accounts to lease."""
    async with open_postgres_pool(url, name="test") as pool:
        async with pool.acquire() as conn:
            [of] = await conn.fetch("select organization_id, id from project order by id desc limit 1")
            org = of["organization_id"]
            await _fill(conn, org, of["id"])
            ours = await seeds.project(conn, org, name="Ours")
            accounts = [await seeds.account(conn, org, ours, handle=one) for one in (HOSTILE, LONG)]
        key = await new_key(pool, org, scopes=tuple(sorted(api_keys.ALL_API_KEY_SCOPES)))
    return key, [ids.format_prefixed_id(ids.ACCOUNT_ID_PREFIX, one) for one in accounts]


async def _fill(conn: Conn, org: UUID, project: UUID) -> None:
    await conn.execute(JOBS, org, project, HOSTILE, ENDED)
    await conn.execute(ATTEMPTS)
    await conn.execute(WORKERS, HOSTILE)
    await conn.execute("update organization set name = $1 where id = $2", f"Acme {LONG}"[:128], org)
