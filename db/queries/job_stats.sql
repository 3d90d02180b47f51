-- part: measured    A job's state, the wait for its first attempt, and its run from there.
state, error->>'code' as code,
                  extract(epoch from started_at - least(run_at, started_at))::float8 as wait_s,
                  extract(epoch from finished_at - started_at)::float8 as run_s

-- part: counted    Figures of each bucket, from sampled jobs that count as `weight` jobs each.
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
       percentile_cont(0.5) within group (order by wait_s) as wait_p50_s,
       percentile_cont(0.95) within group (order by wait_s) as wait_p95_s,
       percentile_cont(0.5) within group (order by run_s) as run_p50_s,
       percentile_cont(0.95) within group (order by run_s) as run_p95_s,
       coalesce((select jsonb_object_agg(c.code, c.jobs) from codes c where c.at = found.at), '{}') as codes,
       max(weight) > 1 as sampled
  from found
 group by at
 order by at

-- name: measure_ended_jobs    Measure the jobs of all organizations by the time of their end.
with slice as materialized (
  -- Equal parts of each bucket, in each pool.
  select b.at, p.name as pool, b.at + part * :part_s * interval '1 second' as from_at,
         b.at + (part + 1) * :part_s * interval '1 second' as to_at
    from unnest(:ats::timestamptz[]) as b (at)
   cross join generate_series(0, :parts - 1) as part
   cross join pool p
   where coalesce(p.name = :pool::text, true)),
whole as materialized (
  -- Jobs that ended in each part, and in its bucket and pool, from the index alone.
  select s.*, row_number() over () as nth, sum(c.jobs) over (partition by s.at, s.pool) as of_bucket, c.jobs
    from slice s
   cross join lateral (
           select count(*) as jobs
             from job
            where pool = s.pool
              and finished_at is not null
              and finished_at >= s.from_at
              and finished_at < s.to_at) c),
found as materialized (
  -- All jobs of a bucket and pool with at most `most`, else the first `few` of each part.
  select w.at, j.*, w.jobs::float8 / count(*) over (partition by w.nth) as weight
    from whole w
   cross join lateral (
           select {measured}
             from job
            where pool = w.pool
              and finished_at is not null
              and finished_at >= w.from_at
              and finished_at < w.to_at
            order by finished_at
            limit case when w.of_bucket <= :most then :most else :few end) j
   where w.jobs > 0),
{counted};

-- name: measure_jobs
-- Measure the jobs of an organization by the time of their acceptance, which is in their ids.
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
           select {measured}
             from job
            where organization_id = :org
              and id >= part.from_id
              and id < part.to_id
              and not internal
            order by id
            limit case when w.jobs <= :most then :most else :few end) j
   where w.jobs > 0),
{counted};
