-- part: durations    A job's wait for its first attempt, and its run from there.
extract(epoch from started_at - least(run_at, started_at))::float8 as wait_s,
                  extract(epoch from finished_at - started_at)::float8 as run_s

-- part: percentiles
percentile_cont(0.5) within group (order by wait_s) as wait_p50_s,
       percentile_cont(0.95) within group (order by wait_s) as wait_p95_s,
       percentile_cont(0.5) within group (order by run_s) as run_p50_s,
       percentile_cont(0.95) within group (order by run_s) as run_p95_s

-- part: ended    Jobs of a pool that ended in a bucket of `w`, under a condition.
from job
            where pool = w.pool
              and {condition}
              and finished_at >= w.at
              and finished_at < w.to_at

-- name: measure_ended_jobs
-- Measure the jobs of all organizations by the time of their end: all are counted, a sample is measured.
with requested as materialized (
  select b.at, b.at + :bucket_s * interval '1 second' as to_at, p.name as pool
    from unnest(:ats::timestamptz[]) as b (at)
   cross join pool p
   where coalesce(p.name = :pool::text, true)),
whole as materialized (
  -- From indexes alone.
  select w.*, ended.jobs, failed.jobs as failed, canceled.jobs as canceled,
         sum(ended.jobs) over (partition by w.at) as of_bucket
    from requested w
   cross join lateral (
           select count(*) as jobs
             {ended: finished_at is not null}) ended
   cross join lateral (
           select count(*) as jobs
             {ended: state in ('failed', 'canceled') and state = 'failed'}) failed
   cross join lateral (
           select count(*) as jobs
             {ended: state in ('failed', 'canceled') and state = 'canceled'}) canceled),
codes as materialized (
  -- Of the first failed jobs of each bucket and pool, for all of them.
  select at, code, round(sum(weight))::bigint as jobs
    from (select w.at, j.code, w.failed::float8 / count(*) over (partition by w.at, w.pool) as weight
            from whole w
           cross join lateral (
                   select error->>'code' as code
                     {ended: state in ('failed', 'canceled') and state = 'failed'}
                    order by finished_at
                    limit :most) j
           where w.failed > 0) failed
   where code is not null
   group by at, code),
part as materialized (
  -- A bucket with at most `most` jobs is one part. Else a pool has its share of the `few` jobs of each.
  select w.pool, w.at, w.at + nth * s.parted as from_at, w.at + (nth + 1) * s.parted as to_at,
         case when w.of_bucket <= :most then :most else ceil(:few * w.jobs / w.of_bucket) end::bigint as jobs
    from whole w
   cross join lateral (
           select case when w.of_bucket <= :most then 1 else :parts end as parts) p
   cross join lateral (
           select (w.to_at - w.at) / p.parts as parted) s
   cross join generate_series(0, p.parts - 1) as nth
   where w.jobs > 0),
times as materialized (
  select part.at, {percentiles}
    from part
   cross join lateral (
           select {durations}
             from job
            where pool = part.pool
              and finished_at is not null
              and finished_at >= part.from_at
              and finished_at < part.to_at
            order by finished_at
            limit part.jobs) j
   group by part.at)
select w.at, sum(w.jobs - w.failed - w.canceled)::bigint as completed, sum(w.failed)::bigint as failed,
       sum(w.canceled)::bigint as canceled, 0 as open,
       t.wait_p50_s, t.wait_p95_s, t.run_p50_s, t.run_p95_s,
       coalesce((select jsonb_object_agg(c.code, c.jobs) from codes c where c.at = w.at), '{}') as codes,
       max(w.of_bucket) > :most as sampled
  from whole w
  join times t on t.at = w.at
 group by w.at, t.wait_p50_s, t.wait_p95_s, t.run_p50_s, t.run_p95_s
 order by w.at;

-- name: measure_jobs
-- Measure the jobs of an organization by the time of their acceptance, which is in their ids.
-- Sampled jobs of a bucket count as `weight` jobs each.
with whole as materialized (
  -- Jobs of each bucket, by kind from an index alone; open ones, which are few, apart.
  select b.at, ended.jobs + open.jobs as jobs
    from unnest(:ats::timestamptz[], :from_ids::uuid[], :to_ids::uuid[]) as b (at, from_id, to_id)
   cross join lateral (
           select count(*) as jobs
             from unnest(:kinds::text[]) as asked (asked_kind)
            cross join lateral (
                    select
                      from job
                     where organization_id = :org
                       and finished_at is not null
                       and (kind, id) >= (asked_kind, b.from_id)
                       and (kind, id) < (asked_kind, b.to_id)
                    offset 0) one) ended
   cross join lateral (
           select count(*) as jobs
             from job
            where organization_id = :org
              and finished_at is null
              and not internal
              and id >= b.from_id
              and id < b.to_id) open),
found as materialized (
  -- All jobs of a bucket with at most `most`, else the first `few` of each of its parts.
  select w.at, j.*, w.jobs::float8 / count(*) over (partition by w.at) as weight
    from unnest(:part_ats::timestamptz[], :part_from_ids::uuid[], :part_to_ids::uuid[])
         as part (at, from_id, to_id)
    join whole w on w.at = part.at
   cross join lateral (
           select state, error->>'code' as code,
                  {durations}
             from job
            where organization_id = :org
              and id >= part.from_id
              and id < part.to_id
              and not internal
            order by id
            limit case when w.jobs <= :most then :most else :few end) j
   where w.jobs > 0),
codes as materialized (
  -- Failed jobs by code.
  select at, code, round(sum(weight))::bigint as jobs
    from found
   where state = 'failed'
     and code is not null
   group by at, code)
select at,
       round(coalesce(sum(weight) filter (where state = 'completed'), 0))::bigint as completed,
       round(coalesce(sum(weight) filter (where state = 'failed'), 0))::bigint as failed,
       round(coalesce(sum(weight) filter (where state = 'canceled'), 0))::bigint as canceled,
       round(coalesce(sum(weight) filter (where state in ('queued', 'running')), 0))::bigint as open,
       {percentiles},
       coalesce((select jsonb_object_agg(c.code, c.jobs) from codes c where c.at = found.at), '{}') as codes,
       max(weight) > 1 as sampled
  from found
 group by at
 order by at;
