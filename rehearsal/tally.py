"""The tally of a rehearsal: what became of each job that was accepted, by the ledger and its effects."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from db.pool import Pool
from jobs.states import TERMINAL, State
from rehearsal import kinds
from rehearsal.kinds import EFFECTS
from rehearsal.tasks import next_key

#: Each job with its effects, in time that grows as their number does.
JOBS = """
with effects as (
  select job_id, count(*) as rows
    from bench_effect
   group by job_id)
select j.id, j.kind, j.state, j.args ->> 'key' as key, (j.args ->> 'left')::integer as left,
       j.error ->> 'code' as error, coalesce(e.rows, 0) as rows
  from job j
  left join effects e on e.job_id = j.id"""


class Found(NamedTuple):
    """A job as the ledger has it at the end, with its rows in the table of effects, and its links."""

    id: UUID
    kind: str
    state: str
    key: str
    left: int
    error: str | None
    rows: int


class Anomaly(NamedTuple):
    """A job with which something happened that must not, and why it is thought so."""

    what: str
    job: str
    why: str


class Tally(NamedTuple):
    """Jobs by what became of them. `given_up` are those of `failed` that died with their workers, by code.

    A job that was accepted has ended in one of three ways, is open, or is lost.
    """

    accepted: int
    completed: int
    failed: int
    canceled: int
    open: int
    given_up: Mapping[str, int]
    anomalies: Sequence[Anomaly]

    def of(self, what: str) -> int:
        """Jobs with an anomaly of this name."""
        return len({anomaly.job for anomaly in self.anomalies if anomaly.what == what})

    @property
    def lost(self) -> int:
        return self.of("lost")

    @property
    def doubled(self) -> int:
        return self.of("doubled")


async def read(pool: Pool) -> list[Found]:
    """Every job of the ledger."""
    return [Found(**row) for row in await pool.fetch(JOBS)]


def tally(found: Sequence[Found], accepted: Mapping[str, UUID], taken: Mapping[str, int]) -> Tally:
    """`accepted` has the job of each key that was answered, `taken` the receiver's calls by job."""
    kept, answered = {job.id for job in found}, {*accepted.values()}
    mine = [job for job in found if job.id in answered or next_key("") in job.key]
    states = Counter(job.state for job in mine)
    missing = [Anomaly("lost", str(job_id), f"{key} was accepted and has no job")
               for key, job_id in accepted.items() if job_id not in kept]  # fmt: skip
    strange = [anomaly for job in found for anomaly in judge(job, taken.get(str(job.id), 0))]
    given_up = Counter(job.error for job in mine if job.error and job.kind != kinds.DOOMED.name)
    return Tally(
        accepted=len(mine) + len({anomaly.job for anomaly in missing}),
        completed=states[State.COMPLETED],
        failed=states[State.FAILED],
        canceled=states[State.CANCELED],
        open=sum(states[state] for state in State if state not in TERMINAL),
        given_up=given_up,
        anomalies=[*missing, *strange, *_keyed_twice(found), *_broken_chains(found)],
    )


def judge(job: Found, calls: int) -> Iterator[Anomaly]:
    """Anomalies of a job's effects."""
    effects = EFFECTS[job.kind]
    for name, left, wanted in (("rows", job.rows, effects.rows), ("calls", calls, effects.calls)):
        most = wanted if job.state == State.COMPLETED or name == "calls" or not effects.late else 0
        if left > most:
            yield Anomaly("doubled", str(job.id), f"{job.kind}, {job.state}: {left} {name}, {most} at most")
        if left < wanted and job.state == State.COMPLETED:
            yield Anomaly("lost", str(job.id), f"{job.kind}, completed: {left} {name}, not {wanted}")


def _keyed_twice(found: Sequence[Found]) -> Iterator[Anomaly]:
    """Keys under which more than one job was made."""
    for key, times in Counter(job.key for job in found).items():
        if times > 1:
            job = next(job for job in found if job.key == key)
            yield Anomaly("doubled", str(job.id), f"{times} jobs of the one key {key}")


def _broken_chains(found: Sequence[Found]) -> Iterator[Anomaly]:
    """Links that ended and have no next one."""
    keys = {job.key for job in found}
    for job in found:
        ended = job.kind == kinds.CHAIN.name and job.state == State.COMPLETED
        if ended and job.left and next_key(job.key) not in keys:
            yield Anomaly("lost", str(job.id), "its next link is missing, which its commit has submitted")
