-- part: job    A job for partners.
j.id, j.project_id, j.kind, j.status, j.stage, j.phase, j.version, j.progress, j.attempt, j.max_attempts,
       j.cancel_requested, j.retry_of, j.created_at, j.finished_at, j.result, j.error

-- part: before    End of a page, exclusive: an id.
coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')

-- part: from    Start of a period, inclusive: an id.
coalesce(:from_id::uuid, '00000000-0000-0000-0000-000000000000')

-- part: filters
-- Filters; a null matches all. The planner estimates that the outer `coalesce` matches half of the jobs. By
-- the single filters it would expect almost none, and read and sort all jobs.
and coalesce(
         coalesce(j.kind = :kind::text, true)
         and coalesce(j.status = :status::text, true)
         and coalesce(j.stage = :stage::text, true)
         and coalesce(j.phase = :phase::text, true)
         and coalesce(coalesce(j.error->>'code', '') = :error_code::text, true)
         and coalesce(j.id < :before::uuid, true)
         and coalesce(j.id >= :from_id::uuid, true)
         and coalesce(j.created_at >= :since::timestamptz, true)
         and coalesce(j.created_at < :until::timestamptz, true), false)

-- part: place    Of one project, if given.
and coalesce(j.project_id = :project_id::uuid, :project_id::uuid is null)

-- part: key_of_project    The project in the indexes of open jobs and of kinds: without one, zeros.
coalesce(project_id, '00000000-0000-0000-0000-000000000000')

-- part: of_project    Of one project, if given, in the same indexes.
and {key_of_project} >= coalesce(:project_id::uuid, '00000000-0000-0000-0000-000000000000')
   and {key_of_project} <= coalesce(:project_id::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')

-- part: of_kind    Of one kind, if given, in the indexes of open jobs. Each kind is before `~`.
and kind collate "C" >= coalesce(:kind::text, '')
   and kind collate "C" <= coalesce(:kind::text, '~')

-- part: page
-- Begin of a page's subqueries, which end with `page_end`.
select {job}
  from (
         select {job}
           from (

-- part: page_end
-- Limits of a page. The innermost one is constant, the longest page and a row. A cached plan expects a tenth
-- by each `:limit`: few rows, so it is kept. By one `:limit` alone it would expect thousands, and PostgreSQL
-- would plan each call.
limit 201) j
          limit :limit) j
 limit :limit

-- part: unplanned_org
-- The organization, unknown to the planner. With its value it would expect fewer rows than by the cached
-- plan, and plan each call.
(select :org::uuid)

-- part: open_page
-- Page of open jobs, newest first. The organization is part of a range, so the planner walks the index in
-- order for any statistics. With an equality it expects few jobs, and sorts all jobs of a large tenant.
select {job}
  from partner_job j
 where (j.organization_id, j.id) < ({unplanned_org}, {before})
   and (j.organization_id, j.id) >= ({unplanned_org}, {from})
   and j.finished_at is null
   {of_project}
   {of_kind}
   {filters}
 order by j.organization_id desc, j.id desc
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
{page}
         select {job}
           from partner_job j
          where (j.organization_id, j.id) < (:org, {before})
            and (j.organization_id, j.id) >= (:org, {from})
            {filters}
          order by j.organization_id desc, j.id desc
          {page_end};

-- name: list_jobs_of_project
-- Return a project's jobs, newest first. This and the next statements are separate for their indexes.
{page}
         select {job}
           from partner_job j
          where j.organization_id = :org
            and (j.project_id, j.id) < (:project_id, {before})
            and (j.project_id, j.id) >= (:project_id, {from})
            and j.project_id is not null
            {filters}
          order by j.project_id desc, j.id desc
          {page_end};

-- name: list_open_jobs    Return open jobs, newest first.
{open_page};

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

-- part: in_pools    Page of running or queued jobs, newest first: all such jobs, pool by pool.
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
                     and {condition}
                  offset 0) b
          where b.id < {before}
          order by b.id desc
         {of_line}
 order by line.id desc
 limit :limit

-- name: list_running_jobs    Return jobs with a worker, at a stage if given, newest first.
{in_pools: state = 'running'};

-- name: list_queued_jobs    Return jobs that wait for a worker, newest first.
{in_pools: state = 'queued'
                     and stage <> 'scheduled'
                     and coalesce(kind = :kind::text, true)};

-- name: list_put_off_jobs
-- Return jobs that wait for a time, before their first attempt or between two, newest first.
select {job}
  from (
         select organization_id, started_at is null as is_first, id
           from job
          where (organization_id, (started_at is null), id) < (:org, :phase = 'scheduled', {before})
            and (organization_id, (started_at is null), id) >= (:org, :phase = 'scheduled', {from})
            and stage = 'scheduled'
            and not internal
            {of_project}
            {of_kind}
          order by organization_id desc, (started_at is null) desc, id desc
         {of_line}
 order by line.organization_id desc, line.is_first desc, line.id desc
 limit :limit;

-- name: list_unsuccessful_jobs    Return jobs with status failed or canceled, newest first.
select {job}
  from partner_job j
 where j.organization_id = :org
   and j.state = :status
   and j.state in ('failed', 'canceled')
   and j.id < {before}
   {place}
   {filters}
 order by j.id desc
 limit :limit;

-- name: list_jobs_of_kind    Return open and ended jobs of a kind, of a project if given, newest first.
select {job}
  from (
         (select *
            from (
                   {open_page}) open
           where coalesce(:status = 'running', true))
          union all
         (select {job}
            from partner_job j
           where j.organization_id = {unplanned_org}
             and (j.kind, j.id) < ((select :kind::text), {before})
             and (j.kind, j.id) >= ((select :kind::text), {from})
             and j.finished_at is not null
             {of_project}
             {filters}
           order by j.kind desc, j.id desc
           limit :limit)) j
 order by j.id desc
 limit :limit;

-- part: counted    Numbers of jobs by status, stage and phase.
select status, stage, phase, count(*) as jobs
  from counted_jobs
 group by status, stage, phase

-- part: in_pools_by_stage    Stages and phases of running or queued jobs, pool by pool.
(select 'running' as status, j.stage, j.state as phase
     from pool p
    cross join lateral (
            select stage, state
              from job
             where pool = p.name
               and organization_id = :org
               and not internal
               and {condition}
               and kind = any(:kinds::text[])
             limit :most) j
    limit :most)

-- name: count_jobs    Count an organization's jobs, up to `most` of each phase; each phase has an index.
with counted_jobs as (
  {in_pools_by_stage: state = 'running'}
  union all
  {in_pools_by_stage: state = 'queued'
               and stage <> 'scheduled'}
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
