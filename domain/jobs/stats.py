"""Statistics of the last hour or day of jobs, for charts, computed from the ledger itself.

All jobs are counted, from indexes alone. In a bucket of many jobs a sample, spread over its time, gives their
durations; of an organization's jobs the outcomes too.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from db.pool import Conn
from db.queries import job_stats
from domain.values.answers import build_api_answer_from_row
from jobs.kinds import PUBLIC_JOB_KIND_NAMES
from schemas import ids
from schemas.job_stats import ErrorCount, JobBucket, JobStats, Percentiles, StatsWindow

#: An organization's jobs in a bucket that are all read; above that, the sample's jobs of each part, and its parts.
MAX_FULLY_READ_JOBS_PER_BUCKET, SAMPLED_JOBS_PER_BUCKET_PART, SAMPLE_PARTS_PER_BUCKET = 2_000, 20, 20

#: The same of all organizations, without jobs that each pool adds by rounding up its share of a part.
MAX_FULLY_READ_ENDED_JOBS_PER_BUCKET, SAMPLED_ENDED_JOBS_PER_PART, ENDED_SAMPLE_PARTS_PER_BUCKET = 100, 8, 10

#: Error codes in the answer.
MAX_JOB_STATS_ERROR_CODES = 10


class JobStatsBucketCountAndSize(NamedTuple):
    """Number of buckets in a window, and seconds of each."""

    many: int
    seconds: int


JOB_STATS_BUCKETS_BY_WINDOW: dict[StatsWindow, JobStatsBucketCountAndSize] = {
    "hour": JobStatsBucketCountAndSize(60, 60),
    "day": JobStatsBucketCountAndSize(96, 900),
}


class _JobStatsBucketRow(NamedTuple):
    at: datetime
    completed: int
    failed: int
    canceled: int
    open: int
    wait_p50_s: float | None
    wait_p95_s: float | None
    run_p50_s: float | None
    run_p95_s: float | None
    codes: dict[str, int]
    sampled: bool


READ_ENDED_JOB_STATS = job_stats.measure_ended_jobs.typed(_JobStatsBucketRow)
READ_ORG_JOB_STATS = job_stats.measure_jobs.typed(_JobStatsBucketRow)


async def read_ended_job_stats(conn: Conn, *, window: StatsWindow, pool: str | None, now: datetime) -> JobStats:
    """Return statistics of all organizations' jobs, or `pool`'s, that ended in the last hour or day, by bucket."""
    ats = list_job_stats_bucket_starts(window, now)
    rows = await READ_ENDED_JOB_STATS.all(
        conn,
        ats=ats,
        bucket_s=JOB_STATS_BUCKETS_BY_WINDOW[window].seconds,
        parts=ENDED_SAMPLE_PARTS_PER_BUCKET,
        pool=pool,
        most=MAX_FULLY_READ_ENDED_JOBS_PER_BUCKET,
        few=SAMPLED_ENDED_JOBS_PER_PART,
    )
    return _job_stats_to_schema(window, ats, rows, sampled_above=MAX_FULLY_READ_ENDED_JOBS_PER_BUCKET)


async def read_organization_job_stats(
    conn: Conn, *, organization_id: UUID, window: StatsWindow, now: datetime
) -> JobStats:
    """Return statistics of an organization's public jobs that were accepted in the last hour or day, by bucket."""
    ats = list_job_stats_bucket_starts(window, now)
    bucket_s = JOB_STATS_BUCKETS_BY_WINDOW[window].seconds
    bounds = [
        ids.first_uuid7_at(at + timedelta(seconds=part * bucket_s / SAMPLE_PARTS_PER_BUCKET))
        for at in ats
        for part in range(SAMPLE_PARTS_PER_BUCKET)
    ]
    bounds.append(ids.first_uuid7_at(ats[-1] + timedelta(seconds=bucket_s)))
    rows = await READ_ORG_JOB_STATS.all(
        conn,
        org=organization_id,
        kinds=PUBLIC_JOB_KIND_NAMES,
        ats=ats,
        from_ids=bounds[:-1:SAMPLE_PARTS_PER_BUCKET],
        to_ids=bounds[SAMPLE_PARTS_PER_BUCKET::SAMPLE_PARTS_PER_BUCKET],
        part_ats=[at for at in ats for _ in range(SAMPLE_PARTS_PER_BUCKET)],
        part_from_ids=bounds[:-1],
        part_to_ids=bounds[1:],
        most=MAX_FULLY_READ_JOBS_PER_BUCKET,
        few=SAMPLED_JOBS_PER_BUCKET_PART,
    )
    return _job_stats_to_schema(window, ats, rows, sampled_above=MAX_FULLY_READ_JOBS_PER_BUCKET)


def list_job_stats_bucket_starts(window: StatsWindow, now: datetime) -> list[datetime]:
    """Return the starts of a job statistics window's whole buckets, oldest first; `now` is in the last one."""
    many, seconds = JOB_STATS_BUCKETS_BY_WINDOW[window]
    last = now.timestamp() // seconds * seconds
    return [datetime.fromtimestamp(last - back * seconds, UTC) for back in range(many - 1, -1, -1)]


def _job_stats_to_schema(
    window: StatsWindow, ats: Sequence[datetime], rows: Sequence[_JobStatsBucketRow], *, sampled_above: int
) -> JobStats:
    by_time = {row.at: row for row in rows}
    codes = Counter[str]()
    for row in rows:
        codes.update(row.codes)
    seconds = JOB_STATS_BUCKETS_BY_WINDOW[window].seconds
    return JobStats(
        window=window,
        bucket_seconds=seconds,
        since=ats[0],
        until=ats[-1] + timedelta(seconds=seconds),
        buckets=[_job_stats_bucket_to_schema(by_time.get(at) or _empty_job_stats_bucket(at)) for at in ats],
        sampled_above=sampled_above,
        errors=[ErrorCount(code=code, jobs=jobs) for code, jobs in codes.most_common(MAX_JOB_STATS_ERROR_CODES)],
    )


def _job_stats_bucket_to_schema(row: _JobStatsBucketRow) -> JobBucket:
    return build_api_answer_from_row(
        JobBucket,
        row,
        running=row.open,
        wait_seconds=Percentiles(p50=row.wait_p50_s, p95=row.wait_p95_s),
        run_seconds=Percentiles(p50=row.run_p50_s, p95=row.run_p95_s),
    )


def _empty_job_stats_bucket(at: datetime) -> _JobStatsBucketRow:
    return _JobStatsBucketRow(at, 0, 0, 0, 0, None, None, None, None, codes={}, sampled=False)
