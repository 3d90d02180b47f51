-- part: job    a job as partners see it
j.id, j.project_id, j.kind, j.status, j.stage, j.version, j.progress, j.attempt, j.max_attempts,
       j.cancel_requested, j.retry_of, j.created_at, j.finished_at, j.result, j.error

-- part: filters    a filter that is null lets all pass
-- As `coalesce` the planner takes each to let half of the jobs pass, not next to none: then it would rather
-- read and sort them all than walk by id until a page is full.
and j.id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
   and coalesce(j.kind = :kind::text, true)
   and coalesce(j.status = :status::text, true)
   and coalesce(j.stage = :stage::text, true)
   and coalesce(coalesce(j.error->>'code', '') = :error_code::text, true)
   and j.id >= coalesce(:from_id::uuid, '00000000-0000-0000-0000-000000000000')
   and coalesce(j.created_at >= :since::timestamptz, true)
   and coalesce(j.created_at < :until::timestamptz, true)

-- part: place    of one project, if it is named
and coalesce(j.project_id = :project_id::uuid, true)

-- name: get_job
select {job}
  from partner_job j
 where j.organization_id = :org
   and j.id = :id;

-- name: get_jobs    as many rows as there are ids, in their order
-- The arrays are selected, so that no plan is for their length: it would be made anew for each call.
select {job}
  from unnest((select :orgs::uuid[]), (select :ids::uuid[])) with ordinality as asked (org, id, place)
  left join partner_job j on j.organization_id = asked.org and j.id = asked.id
 order by asked.place;

-- name: list_jobs    newest first
select {job}
  from partner_job j
 where j.organization_id = :org
   {filters}
 order by j.id desc
 limit :limit;

-- name: list_jobs_of_project    this and the following are statements of their own, for their indexes
select {job}
  from partner_job j
 where j.organization_id = :org
   and j.project_id = :project_id
   {filters}
 order by j.id desc
 limit :limit;

-- name: list_open_jobs
select {job}
  from partner_job j
 where j.organization_id = :org
   and j.finished_at is null
   {place}
   {filters}
 order by j.id desc
 limit :limit;

-- name: list_running_jobs    at a stage that only a job with a worker has
with busy as materialized (
  -- All that run of the tenant, pool by pool.
  select b.busy_id
    from pool p
   cross join lateral (
           select id as busy_id
             from job
            where pool = p.name
              and organization_id = :org
              and not internal
              and state = 'running'
           offset 0) b)
select {job}
  from busy
 cross join lateral (
         select {job}
           from partner_job j
          where j.organization_id = :org
            and j.id = busy_id
            {place}
            {filters}
          limit 1) j
 order by j.id desc
 limit :limit;

-- name: list_unsuccessful_jobs    with status failed or canceled
select {job}
  from partner_job j
 where j.organization_id = :org
   and j.state = :status
   and j.state in ('failed', 'canceled')
   {place}
   {filters}
 order by j.id desc
 limit :limit;

-- name: list_jobs_of_kind    open ones and others, each newest first
select {job}
  from (
         (select {job}
            from partner_job j
           where j.organization_id = :org
             and j.finished_at is null
             {filters}
           order by j.id desc
           limit :limit)
          union all
         (select {job}
            from partner_job j
           where j.organization_id = :org
             and j.kind = :kind
             and j.finished_at is not null
             {filters}
           order by j.id desc
           limit :limit)) j
 order by j.id desc
 limit :limit;

-- part: counted    how many of each status and stage were found
select status, stage, count(*) as jobs
  from found
 group by status, stage

-- name: count_jobs    up to `most` of each status, the newest
with found as (
  -- Each status has an index; completed ones are found kind by kind.
  (select j.status, j.stage
     from partner_job j
    where j.organization_id = :org
      and j.finished_at is null
      and j.kind = any(:kinds::text[])
    order by j.id desc
    limit :most)
  union all
  (select j.status, j.stage
     from (values ('failed'), ('canceled')) as ends (state)
    cross join lateral (
            select status, stage
              from partner_job
             where organization_id = :org
               and state = ends.state
               and state in ('failed', 'canceled')
               and kind = any(:kinds)
             order by id desc
             limit :most) j)
  union all
  (select j.status, j.stage
     from unnest(:kinds) as asked (kind)
    cross join lateral (
            select status, stage
              from partner_job
             where organization_id = :org
               and kind = asked.kind
               and finished_at is not null
               and state = 'completed'
             order by id desc
             limit :most) j
    limit :most))
{counted};

-- name: count_jobs_of_project    of its `most` newest
with found as (
  -- Whatever their kind, for the project's index.
  select status, stage
    from (
           select j.status, j.stage, j.kind
             from partner_job j
            where j.organization_id = :org
              and j.project_id = :project_id
            order by j.id desc
            limit :most) newest
   where kind = any(:kinds::text[]))
{counted};
