-- part: measured    a job's state, how long it waited for its first attempt, and how long it ran from there
state, error->>'code' as code,
              extract(epoch from started_at - least(run_at, started_at))::float8 as wait_s,
              extract(epoch from finished_at - started_at)::float8 as run_s

-- part: counted    of each bucket: the jobs that were read, which are all of it unless it is capped
codes as materialized (
  -- How many failed with each code.
  select at, code, count(*) as jobs
    from found
   where state = 'failed'
     and code is not null
   group by at, code)
select at,
       count(*) filter (where state = 'completed') as completed,
       count(*) filter (where state = 'failed') as failed,
       count(*) filter (where state = 'canceled') as canceled,
       count(*) filter (where state in ('queued', 'running')) as open,
       percentile_cont(0.5) within group (order by wait_s) as wait_p50_s,
       percentile_cont(0.95) within group (order by wait_s) as wait_p95_s,
       percentile_cont(0.5) within group (order by run_s) as run_p50_s,
       percentile_cont(0.95) within group (order by run_s) as run_p95_s,
       coalesce((select jsonb_object_agg(c.code, c.jobs) from codes c where c.at = found.at), '{}') as codes,
       max(nth) = :most as capped
  from found
 group by at
 order by at

-- name: measure_ended_jobs    of all organizations, by when they ended
with found as (
  -- The first `most` that ended in each bucket and pool.
  select b.at, j.*
    from unnest(:ats::timestamptz[]) as b (at)
   cross join pool p
   cross join lateral (
           select {measured},
                  row_number() over (order by finished_at) as nth
             from job
            where pool = p.name
              and finished_at is not null
              and finished_at >= b.at
              and finished_at < b.at + :bucket_s * interval '1 second'
            order by finished_at
            limit :most) j
   where coalesce(p.name = :pool::text, true)),
{counted};

-- name: measure_jobs    of an organization, by when they were accepted
with found as (
  -- The first `most` that were accepted in each bucket; what their ids say is the time of acceptance.
  select b.at, j.*
    from unnest(:ats::timestamptz[], :from_ids::uuid[], :to_ids::uuid[]) as b (at, from_id, to_id)
   cross join lateral (
           select {measured},
                  row_number() over (order by id) as nth
             from job
            where organization_id = :org
              and id >= b.from_id
              and id < b.to_id
              and not internal
            order by id
            limit :most) j),
{counted};
