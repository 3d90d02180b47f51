-- part: job    A job for partners.
j.id, j.project_id, j.kind, j.status, j.stage, j.phase, j.version, j.progress, j.attempt, j.max_attempts,
       j.cancel_requested, j.retry_of, j.created_at, j.finished_at, j.result, j.error

-- part: filters
-- Filters; a null matches all. Inside `coalesce` the planner estimates that each matches half of the jobs,
-- not almost none. Otherwise it would read and sort all jobs instead of walking by id until a page is full.
and j.id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
   and coalesce(j.kind = :kind::text, true)
   and coalesce(j.status = :status::text, true)
   and coalesce(j.stage = :stage::text, true)
   and coalesce(j.phase = :phase::text, true)
   and coalesce(coalesce(j.error->>'code', '') = :error_code::text, true)
   and j.id >= coalesce(:from_id::uuid, '00000000-0000-0000-0000-000000000000')
   and coalesce(j.created_at >= :since::timestamptz, true)
   and coalesce(j.created_at < :until::timestamptz, true)

-- part: place    Of one project, if given.
and coalesce(j.project_id = :project_id::uuid, :project_id::uuid is null)

-- part: page    Page of an organization's jobs that meet a condition, newest first.
select {job}
  from partner_job j
 where j.organization_id = :org
   {condition}
   {filters}
 order by j.id desc
 limit :limit

-- name: get_job    Return a job.
select {job}
  from partner_job j
 where j.organization_id = :org
   and j.id = :id;

-- name: get_jobs
-- Return jobs in the order of the ids, nulls for absent ones. The arrays are subselects, so that the plan
-- doesn't depend on their length and is cached.
select {job}
  from unnest((select :orgs::uuid[]), (select :ids::uuid[])) with ordinality as asked (org, id, place)
  left join partner_job j on j.organization_id = asked.org and j.id = asked.id
 order by asked.place;

-- name: list_jobs    Return an organization's jobs, newest first.
{page: and true};

-- name: list_jobs_of_project
-- Return a project's jobs, newest first. This and the next statements are separate for their indexes.
{page: and j.project_id = :project_id};

-- name: list_open_jobs    Return open jobs, newest first.
{page: and j.finished_at is null and coalesce(j.project_id = :project_id::uuid, :project_id::uuid is null)};

-- name: list_running_jobs
-- Return running jobs, at a stage or in the phase of jobs with a worker, newest first.
with running_jobs as materialized (
  -- All running jobs of the tenant, pool by pool.
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
  from running_jobs
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

-- part: of_line    Jobs of a line of ids, each looked up by its own.
offset 0) line
 cross join lateral (
         select {job}
           from partner_job j
          where j.organization_id = :org
            and j.id = line.id
            {place}
            {filters}
          limit 1) j
 order by line.id desc
 limit :limit

-- name: list_queued_jobs    Return jobs that wait for a worker, newest first.
select {job}
  from (
         select b.id
           from pool p
          cross join lateral (
                  select id
                    from job
                   where pool = p.name
                     and organization_id = :org
                     and not internal
                     and state = 'queued'
                     and stage <> 'scheduled'
                  offset 0) b
          where b.id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
          order by b.id desc
         {of_line};

-- name: list_put_off_jobs
-- Return jobs that wait for a time, before their first attempt or between two, newest first.
select {job}
  from (
         select id
           from job
          where organization_id = :org
            and stage = 'scheduled'
            and not internal
            and (started_at is null) = (:phase = 'scheduled')
            and id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
          order by id desc
         {of_line};

-- name: list_unsuccessful_jobs    Return jobs with status failed or canceled, newest first.
{page: and j.state = :status and j.state in ('failed', 'canceled')
   and coalesce(j.project_id = :project_id::uuid, :project_id::uuid is null)};

-- name: list_jobs_of_kind    Return open jobs and ended jobs of a kind, newest first.
select {job}
  from (
         ({page: and j.finished_at is null})
          union all
         ({page: and j.kind = :kind and j.finished_at is not null})) j
 order by j.id desc
 limit :limit;

-- part: counted    Numbers of jobs by status, stage and phase.
select status, stage, phase, count(*) as jobs
  from counted_jobs
 group by status, stage, phase

-- name: count_jobs    Count an organization's jobs, up to `most` of each phase.
with counted_jobs as (
  -- Each phase has an index: running and queued jobs, pool by pool.
  (select 'running' as status, j.stage, 'running' as phase
     from pool p
    cross join lateral (
            select stage
              from job
             where pool = p.name
               and organization_id = :org
               and not internal
               and state = 'running'
               and kind = any(:kinds::text[])
             limit :most) j
    limit :most)
  union all
  (select 'running', j.stage, 'queued'
     from pool p
    cross join lateral (
            select stage
              from job
             where pool = p.name
               and organization_id = :org
               and not internal
               and state = 'queued'
               and stage <> 'scheduled'
               and kind = any(:kinds)
             limit :most) j
    limit :most)
  union all
  -- Jobs that wait for a time.
  (select 'running', 'scheduled', w.phase
     from (values (true, 'scheduled'), (false, 'waiting')) as w (is_first, phase)
    cross join lateral (
            select
              from job
             where organization_id = :org
               and stage = 'scheduled'
               and not internal
               and (started_at is null) = w.is_first
               and kind = any(:kinds)
             limit :most) j)
  union all
  -- Ended jobs: completed ones are read kind by kind, the newest first.
  (select j.status, j.stage, j.status
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
  (select j.status, j.stage, j.status
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

-- name: count_jobs_of_project    Count a project's `most` newest jobs.
with counted_jobs as (
  -- The kind is checked after the limit, for the project's index.
  select status, stage, phase
    from (
           select j.status, j.stage, j.phase, j.kind
             from partner_job j
            where j.organization_id = :org
              and j.project_id = :project_id
            order by j.id desc
            limit :most) newest
   where kind = any(:kinds::text[]))
{counted};
