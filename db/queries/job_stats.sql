-- part: measured    a job's state, how long it waited for its first attempt, and how long it ran from there
state, error->>'code' as code, finished_at, created_at,
              extract(epoch from started_at - least(run_at, started_at))::float8 as wait_s,
              extract(epoch from finished_at - started_at)::float8 as run_s

-- part: counted    of each bucket: the jobs, those that were read counting for those behind them
-- Where there were more than `most`, those read are the beginning; its rate is taken for the rest.
read as (
  -- How much each job of a bucket and pool counts for.
  select at, wait_s, run_s, state, code,
         count(*) over one = :most as estimated,
         case when count(*) over one = :most
              then greatest(1, :bucket_s / greatest(extract(epoch from max(counted_at) over one - at), 0.001))
              else 1 end as weight
    from sample
  window one as (partition by at, pool))
select at,
       round(coalesce(sum(weight) filter (where state = 'completed'), 0))::bigint as completed,
       round(coalesce(sum(weight) filter (where state = 'failed'), 0))::bigint as failed,
       round(coalesce(sum(weight) filter (where state = 'canceled'), 0))::bigint as canceled,
       round(coalesce(sum(weight) filter (where state in ('queued', 'running')), 0))::bigint as open,
       percentile_cont(0.5) within group (order by wait_s) as wait_p50_s,
       percentile_cont(0.95) within group (order by wait_s) as wait_p95_s,
       percentile_cont(0.5) within group (order by run_s) as run_p50_s,
       percentile_cont(0.95) within group (order by run_s) as run_p95_s,
       coalesce(array_agg(code) filter (where state = 'failed' and code is not null), '{}') as codes,
       bool_or(estimated) as estimated
  from read
 group by at
 order by at

-- name: measure_ended_jobs    of all organizations, by when they ended
with sample as (
  -- The first `most` that ended in each bucket and pool.
  select b.at, p.name as pool, j.*, j.finished_at as counted_at
    from unnest(:ats::timestamptz[]) as b (at)
   cross join pool p
   cross join lateral (
           select {measured}
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
with sample as (
  -- The first `most` that were accepted in each bucket; what their ids say is the time of acceptance.
  select b.at, '' as pool, j.*, j.created_at as counted_at
    from unnest(:ats::timestamptz[], :from_ids::uuid[], :to_ids::uuid[]) as b (at, from_id, to_id)
   cross join lateral (
           select {measured}
             from job
            where organization_id = :org
              and id >= b.from_id
              and id < b.to_id
              and not internal
            order by id
            limit :most) j),
{counted};
