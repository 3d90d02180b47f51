"""Requests a second of the API, compared with a bare Litestar app that gets identical requests."""

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from chaos import backlog, fleet
from chaos.environment import Environment
from chaos.processes import run_and_read, run_in_environment
from chaos.tasks import NOOP
from db.pool import Conn, transact
from db.server import free_port
from domain.security.keyring import parse_keyring
from domain.tenancy import api_keys, organizations
from jobs import ledger
from schemas import ids
from schemas.errors import BenchmarkFailed
from tools.bench.figures import ProgressCallback, Result, Size, ratio, spread
from tools.bench.http_load import Answers, Plan

#: Closed-loop callers.
CALLERS = 16
#: Connections of each server to Postgres.
POOL_SIZE = 10

OURS = "api.app:create_app"

#: Uncounted seconds: statements get prepared, rate limit buckets created, caches filled.
WARM_S = 1.0

#: Polled jobs of each partner.
JOBS = 25

#: The bare route's table: jobs by id only.
BARE_JOB = """
create table bare_job as select * from partner_job;
alter table bare_job add primary key (id);
analyze bare_job"""

COUNT_STORED = (
    "select (select count(*) from project) as projects, (select count(*) from idempotency_key) as records"
)


class Partner(NamedTuple):
    """A caller's key and its own jobs to poll."""

    key: str
    jobs: list[str]


class Side(NamedTuple):
    """One server and its responses."""

    port: int
    creates: list[Answers]
    polls: list[Answers]


async def measure(environment: Environment, size: Size, tell: ProgressCallback) -> Result:
    """Measure with keys of many partners of the highest tier, so that rate limits are checked and never
    reached.
    """
    partners = await _partners(environment, size.http_tenants)
    async with (
        _run_app(environment, "tools.bench.peers.bare:create_app") as bare,
        _run_app(environment, OURS) as port,
    ):
        sides = [Side(bare, [], []), Side(port, [], [])]
        tell("warming up")
        warm = [
            (await _run_plans(environment, side, partners, min(WARM_S, size.http_s)))[0] for side in sides
        ]
        for number in range(1, size.rounds + 1):
            tell(f"round {number} of {size.rounds}")
            for side in sides:
                _record(side, *await _run_plans(environment, side, partners, size.http_s))
    await _check(environment, warm, sides)
    return _result(*sides)


async def _partners(environment: Environment, count: int) -> list[Partner]:
    await backlog.prepare(environment.pool, tenants=0)
    partners = [
        await transact(environment.pool, lambda conn: _partner(conn, environment)) for _ in range(count)
    ]
    await environment.pool.execute("drop table if exists bare_job")
    await environment.pool.execute(BARE_JOB)
    return partners


async def _partner(conn: Conn, environment: Environment) -> Partner:
    pair = await organizations.create(conn, name="bench", tier="partner")
    created = await api_keys.create(
        conn,
        peppers=parse_keyring(environment.settings.peppers, setting="PEPPERS"),
        actor=api_keys.Actor(pair.live, "live", None, api_keys.EVERY_SCOPE),
        name="bench",
        scopes=["*"],
        return_origins=[],
        expires_at=None,
        now=datetime.now(UTC),
    )
    jobs = [
        await ledger.submit(conn, kind=NOOP, organization_id=pair.live, project_id=None, args={})
        for _ in range(JOBS)
    ]
    return Partner(created.api_key, [ids.show(ids.JOB, job.job_id) for job in jobs])


@contextlib.asynccontextmanager
async def _run_app(environment: Environment, factory: str) -> AsyncIterator[int]:
    """Serve an app with the API's server settings; yields its port."""
    port = free_port()
    async with run_in_environment(
        environment, "api", "--port", str(port), "--app", factory, POOL_SIZE=str(POOL_SIZE)
    ):
        await fleet.wait_for_port(port)
        yield port


async def _run_plans(
    environment: Environment, side: Side, partners: list[Partner], seconds: float
) -> tuple[Answers, Answers]:
    """Run creates, then polls."""
    keys = [partner.key for partner in partners]
    jobs = [(partner.key, job) for partner in partners for job in partner.jobs]
    creates = Plan(port=side.port, seconds=seconds, connections=CALLERS, keys=keys, jobs=[])
    polls = msgspec.structs.replace(creates, jobs=jobs)
    return await _load(environment, creates), await _load(environment, polls)


async def _load(environment: Environment, plan: Plan) -> Answers:
    path = environment.folder / "plan.json"
    path.write_bytes(msgspec.json.encode(plan))
    answers = msgspec.convert(await run_and_read(environment, "tools.bench.http_load", str(path)), Answers)
    if answers.refused:
        raise BenchmarkFailed(
            f"{answers.refused} of {answers.count} were refused, such as:\n{answers.sample}"
        )
    return answers


def _record(side: Side, creates: Answers, polls: Answers) -> None:
    side.creates.append(creates)
    side.polls.append(polls)


async def _check(environment: Environment, warm: list[Answers], sides: list[Side]) -> None:
    """Check that every confirmed create is stored once, and ours each with its idempotency record."""
    confirmed = [
        first.count + sum(answers.count for answers in side.creates)
        for first, side in zip(warm, sides, strict=True)
    ]
    stored = tuple(await environment.pool.fetchrow(COUNT_STORED) or ())
    if stored != (sum(confirmed), confirmed[1]):
        raise BenchmarkFailed(
            f"answered {confirmed} creates, found projects and idempotency records {stored}"
        )


def _result(bare: Side, ours: Side) -> Result:
    figures = {
        "create_x": ratio(_rates(ours.creates), _rates(bare.creates)),
        "poll_x": ratio(_rates(ours.polls), _rates(bare.polls)),
    }
    return Result(figures, {"http": {"bare": _details(bare), "ours": _details(ours)}})


def _rates(answers: list[Answers]) -> list[float]:
    return [round(run.per_s, 1) for run in answers]


def _details(side: Side) -> dict[str, Any]:
    return {
        name: {
            "requests_s": _rates(answers),
            "ms": spread([took_ms for run in answers for took_ms in run.latencies_ms]),
        }
        for name, answers in (("create", side.creates), ("poll", side.polls))
    }
