"""Count of a rehearsal's accepted jobs by outcome, from the ledger and the recorded effects."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from chaos.rehearsal.tasks import (
    ALWAYS_FAILING_REHEARSAL_KIND,
    EXPECTED_EFFECTS_BY_KIND,
    JOB_CHAIN_REHEARSAL_KIND,
    build_next_chain_key,
)
from db.pool import Pool
from jobs.states import TERMINAL_JOB_STATES, JobState

#: Each job with its number of effect rows; the query's time is linear.
SELECT_JOBS_WITH_EFFECT_ROWS = """
with effects as (
  select job_id, count(*) as rows
    from bench_effect
   group by job_id)
select j.id, j.kind, j.state, j.args ->> 'key' as key, (j.args ->> 'left')::integer as left,
       j.error ->> 'code' as error, coalesce(e.rows, 0) as rows
  from job j
  left join effects e on e.job_id = j.id"""


class RehearsedJob(NamedTuple):
    """A job in the ledger at the end, with its number of effect rows and remaining chain links."""

    id: UUID
    kind: str
    state: str
    key: str
    left: int
    error: str | None
    rows: int


class JobAnomaly(NamedTuple):
    """A job that broke a rule, with the reason."""

    what: str
    job: str
    why: str


class RehearsedJobsTally(NamedTuple):
    """Jobs by outcome. `given_up` counts failed jobs by error code, except jobs that fail by design.

    An accepted job has completed, failed or been canceled, is open, or is lost.
    """

    accepted: int
    completed: int
    failed: int
    canceled: int
    open: int
    given_up: Mapping[str, int]
    anomalies: Sequence[JobAnomaly]

    def count_anomalies(self, what: str) -> int:
        """Return the number of jobs with an anomaly of the name `what`, "lost" or "doubled"."""
        return len({anomaly.job for anomaly in self.anomalies if anomaly.what == what})

    @property
    def lost_count(self) -> int:
        return self.count_anomalies("lost")

    @property
    def doubled_count(self) -> int:
        return self.count_anomalies("doubled")


async def read_rehearsed_jobs(pool: Pool) -> list[RehearsedJob]:
    """Return all jobs of the rehearsal's ledger, with their effects."""
    return [RehearsedJob(**row) for row in await pool.fetch(SELECT_JOBS_WITH_EFFECT_ROWS)]


def tally_rehearsed_jobs(
    rows: Sequence[RehearsedJob], accepted: Mapping[str, UUID], calls_by_job: Mapping[str, int]
) -> RehearsedJobsTally:
    """Return the rehearsal's jobs counted by outcome, and their anomalies.

    `accepted` maps each key to its job; `calls_by_job` has the receiver's calls. Later links of chains count, too.
    """
    known, accepted_ids = {job.id for job in rows}, {*accepted.values()}
    counted = [job for job in rows if job.id in accepted_ids or build_next_chain_key("") in job.key]
    states = Counter(job.state for job in counted)
    missing = [JobAnomaly("lost", str(job_id), f"{key} was accepted and has no job")
               for key, job_id in accepted.items() if job_id not in known]  # fmt: skip
    unexpected = [anomaly for job in rows for anomaly in find_effect_anomalies(job, calls_by_job.get(str(job.id), 0))]
    given_up = Counter(job.error for job in counted if job.error and job.kind != ALWAYS_FAILING_REHEARSAL_KIND.name)
    return RehearsedJobsTally(
        accepted=len(counted) + len({anomaly.job for anomaly in missing}),
        completed=states[JobState.COMPLETED],
        failed=states[JobState.FAILED],
        canceled=states[JobState.CANCELED],
        open=sum(states[state] for state in JobState if state not in TERMINAL_JOB_STATES),
        given_up=given_up,
        anomalies=[
            *missing,
            *unexpected,
            *_find_duplicate_jobs_of_idempotency_key(rows),
            *_find_broken_job_chains(rows),
        ],
    )


def find_effect_anomalies(job: RehearsedJob, calls: int) -> Iterator[JobAnomaly]:
    """Yield "doubled" for too many effect rows or calls of a job, "lost" for too few of a completed one."""
    effects = EXPECTED_EFFECTS_BY_KIND[job.kind]
    for name, actual, expected in (("rows", job.rows, effects.rows), ("calls", calls, effects.calls)):
        limit = expected if job.state == JobState.COMPLETED or name == "calls" or not effects.late else 0
        if actual > limit:
            yield JobAnomaly("doubled", str(job.id), f"{job.kind}, {job.state}: {actual} {name}, {limit} at most")
        if actual < expected and job.state == JobState.COMPLETED:
            yield JobAnomaly("lost", str(job.id), f"{job.kind}, completed: {actual} {name}, not {expected}")


def _find_duplicate_jobs_of_idempotency_key(rows: Sequence[RehearsedJob]) -> Iterator[JobAnomaly]:
    """Yield an anomaly "doubled" for each Idempotency-Key with more than one job."""
    for key, times in Counter(job.key for job in rows).items():
        if times > 1:
            job = next(job for job in rows if job.key == key)
            yield JobAnomaly("doubled", str(job.id), f"{times} jobs of one key {key}")


def _find_broken_job_chains(rows: Sequence[RehearsedJob]) -> Iterator[JobAnomaly]:
    """Yield an anomaly "lost" for each completed link of a job chain without its next link."""
    keys = {job.key for job in rows}
    for job in rows:
        ended = job.kind == JOB_CHAIN_REHEARSAL_KIND.name and job.state == JobState.COMPLETED
        if ended and job.left and build_next_chain_key(job.key) not in keys:
            yield JobAnomaly("lost", str(job.id), "the next link, which its commit submitted, is missing")
