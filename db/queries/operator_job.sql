-- part: operated    A job for operators.
j.id, j.organization_id, j.project_id, j.kind, j.pool, j.internal,
       case when j.finished_at is null then 'running' else j.state end as status,
       j.stage, j.phase, j.progress, j.attempt, j.max_attempts, j.crashes,
       j.cancel_requested_at is not null as cancel_requested, j.retry_of,
       j.lease_owner, j.run_at, j.deadline_at, j.created_at, j.finished_at, j.args, j.result, j.error

-- part: passing    Filters; a null matches all.
coalesce(n.kind = :kind::text, true)
            and coalesce(n.pool = :pool::text, true)
            and coalesce(n.phase = :phase::text, true)
            and coalesce(coalesce(n.error->>'code', '') = :error_code::text, true)
            and coalesce(n.created_at >= :since::timestamptz, true)
            and coalesce(n.created_at < :until::timestamptz, true)

-- part: place    Newest first, from a cursor on.
and id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
                     and id >= coalesce(:from_id::uuid, '00000000-0000-0000-0000-000000000000')
                   order by id desc
                   limit :depth

-- name: get_operator_job    Return a job by its id alone, looked up by each organization's primary key.
select {operated}, o.name as organization_name
  from organization o
 cross join lateral (
         select *, job_phase(state, stage, started_at) as phase
           from job
          where organization_id = o.id
            and id = :id
          offset 0) j;

-- part: of_status    Status filter; a null matches all.
coalesce(case when n.finished_at is null then 'running' else n.state end = :status::text, true)

-- part: matching    Matching jobs among an organization's newest `depth` under a condition, newest first.
select *
           from (
                  select *, job_phase(state, stage, started_at) as phase
                    from job
                   where organization_id = o.id
                     {condition}
                     {place}) n
          where {passing}
            and {of_status}
          order by n.id desc

-- part: page
-- A page of all organizations' matching jobs. First finds the organizations with the newest ones: the page
-- has no job of any other organization.
with newest_organizations as materialized (
  select o.id, o.name
    from organization o
   cross join lateral (
         {matching}
          limit 1) j
   where coalesce(o.id = :org::uuid, true)
   order by j.id desc
   limit :limit)
select {operated}, o.name as organization_name
  from newest_organizations o
 cross join lateral (
         {matching}
          limit :limit) j
 order by j.id desc
 limit :limit

-- name: list_operator_jobs    Return the matching jobs, newest first.
{page: and true};

-- name: list_open_operator_jobs    Return the matching open jobs, newest first.
{page: and finished_at is null};

-- name: list_unsuccessful_operator_jobs    Return the matching failed or canceled jobs, newest first.
{page: and state = :status and state in ('failed', 'canceled')};

-- name: list_operator_jobs_of_project    Return the matching jobs of one project, newest first.
{page: and project_id = :project};

-- name: count_operator_organizations    Count the organizations that a list scans.
select count(*) as organizations
  from organization
 where coalesce(id = :org::uuid, true);

-- part: counted    Matching jobs by phase, and whether an organization has more than were scanned.
select status, phase, sum(jobs)::int as jobs, bool_or(scanned = :depth) as more
  from (
         select status, phase, count(*) filter (where counts and {passing}) as jobs,
                sum(count(*)) over (partition by status, organization_id) as scanned
           from scanned n
          group by status, phase, organization_id) each
 group by status, phase

-- name: count_operator_jobs
-- Count the jobs that the list of each status finds among each organization's newest `depth`.
with scanned as (
  -- Each status as its list scans it: completed jobs among all jobs.
  select s.*
    from organization o
   cross join lateral (
           (select 'running' as status, true as counts, organization_id, kind, pool, error, created_at,
                   job_phase(state, stage, started_at) as phase
              from job
             where organization_id = o.id
               and finished_at is null
               {place})
           union all
           (select 'failed', true, organization_id, kind, pool, error, created_at, 'failed'
              from job
             where organization_id = o.id
               and state = 'failed'
               and state in ('failed', 'canceled')
               {place})
           union all
           (select 'canceled', true, organization_id, kind, pool, error, created_at, 'canceled'
              from job
             where organization_id = o.id
               and state = 'canceled'
               and state in ('failed', 'canceled')
               {place})
           union all
           (select 'completed', state = 'completed', organization_id, kind, pool, error, created_at,
                   'completed'
              from job
             where organization_id = o.id
               {place})) s
   where coalesce(o.id = :org::uuid, true))
{counted};

-- name: count_operator_jobs_of_project    Count the matching jobs among one project's newest `depth`.
with newest as (
  -- Of any organization.
  select j.*
    from organization o
   cross join lateral (
           select organization_id, kind, pool, error, created_at,
                  case when finished_at is null then 'running' else state end as own,
                  job_phase(state, stage, started_at) as phase
             from job
            where organization_id = o.id
              and project_id = :project
              {place}) j
   where coalesce(o.id = :org::uuid, true)),
scanned as (
  -- All of them for each status, since its list scans all of them.
  select status, own = status as counts, organization_id, kind, pool, error, created_at, phase
    from newest
   cross join unnest(array['running', 'completed', 'failed', 'canceled']) status)
{counted};

-- part: organizations    Live organizations with such jobs, from the cursor on; with a project, only its own.
select o.id
  from organization o
 where o.env = 'live'
   and coalesce(o.id = :org::uuid, true)
   and (:project::uuid is null or exists (
         select
           from project
          where organization_id = o.id
            and id = :project))
   and o.id >= coalesce(:from_org::uuid, '00000000-0000-0000-0000-000000000000')
   and exists (
         select
           from job
          where organization_id = o.id
            and {condition})
 order by o.id
 limit :limit

-- name: list_with_unsuccessful    Return organizations with jobs that may be retried.
{organizations: state = any(:states::text[]) and state in ('failed', 'canceled')};

-- name: list_with_open    Return organizations with open jobs.
{organizations: finished_at is null};
