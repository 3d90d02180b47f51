-- part: operated    a job as operators see it
j.id, j.organization_id, j.project_id, j.kind, j.pool, j.internal,
       case when j.finished_at is null then 'running' else j.state end as status,
       j.stage, j.phase, j.progress, j.attempt, j.max_attempts, j.crashes,
       j.cancel_requested_at is not null as cancel_requested, j.retry_of,
       j.lease_owner, j.run_at, j.deadline_at, j.created_at, j.finished_at, j.args, j.result, j.error

-- part: passing    a filter that is null lets all pass
coalesce(n.kind = :kind::text, true)
            and coalesce(n.pool = :pool::text, true)
            and coalesce(n.phase = :phase::text, true)
            and coalesce(coalesce(n.error->>'code', '') = :error_code::text, true)
            and coalesce(n.created_at >= :since::timestamptz, true)
            and coalesce(n.created_at < :until::timestamptz, true)

-- part: place    newest first, from a cursor on
and id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
                     and id >= coalesce(:from_id::uuid, '00000000-0000-0000-0000-000000000000')
                   order by id desc
                   limit :depth

-- name: get_operated_job    by its id alone: each organization has a primary key to look it up
select {operated}, o.name as organization_name
  from organization o
 cross join lateral (
         select *, job_phase(state, stage, started_at) as phase
           from job
          where organization_id = o.id
            and id = :id
          offset 0) j;

-- name: list_operated_jobs    of each organization's newest `depth`, those that pass
select {operated}, o.name as organization_name
  from organization o
 cross join lateral (
         select *
           from (
                  select *, job_phase(state, stage, started_at) as phase
                    from job
                   where organization_id = o.id
                     {place}) n
          where {passing}
            and coalesce(n.state = :status::text, true)
          order by n.id desc
          limit :limit) j
 where coalesce(o.id = :org::uuid, true)
 order by j.id desc
 limit :limit;

-- name: list_open_operated_jobs
select {operated}, o.name as organization_name
  from organization o
 cross join lateral (
         select *
           from (
                  select *, job_phase(state, stage, started_at) as phase
                    from job
                   where organization_id = o.id
                     and finished_at is null
                     {place}) n
          where {passing}
          order by n.id desc
          limit :limit) j
 where coalesce(o.id = :org::uuid, true)
 order by j.id desc
 limit :limit;

-- name: list_operated_jobs_of_project    of one project's newest `depth`, whosever it is
select {operated}, o.name as organization_name
  from organization o
 cross join lateral (
         select *
           from (
                  select *, job_phase(state, stage, started_at) as phase
                    from job
                   where organization_id = o.id
                     and project_id = :project
                     {place}) n
          where {passing}
            and coalesce(
                  case when n.finished_at is null then 'running' else n.state end = :status::text, true)
          order by n.id desc
          limit :limit) j
 where coalesce(o.id = :org::uuid, true)
 order by j.id desc
 limit :limit;

-- name: count_operated_organizations    whose jobs a list looks at
select count(*) as organizations
  from organization
 where coalesce(id = :org::uuid, true);

-- part: counted    what passes, by phase, and whether all there were of each organization were looked at
select status, phase, sum(jobs)::int as jobs, bool_or(looked = :depth) as more
  from (
         select status, phase, count(*) filter (where counts and {passing}) as jobs,
                sum(count(*)) over (partition by status, organization_id) as looked
           from looked n
          group by status, phase, organization_id) each
 group by status, phase

-- name: count_operated_jobs    of each status what its list finds in each organization's newest `depth`
with looked as (
  -- Each status as its list looks at it: completed ones among all there are.
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

-- name: count_operated_jobs_of_project    of one project's newest `depth`
with newest as (
  -- Of whichever organization has it.
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
looked as (
  -- All of them for each status, since its list looks at all of them.
  select status, own = status as counts, organization_id, kind, pool, error, created_at, phase
    from newest
   cross join unnest(array['running', 'completed', 'failed', 'canceled']) status)
{counted};

-- name: list_unsuccessful_operated_jobs    with status failed or canceled
select {operated}, o.name as organization_name
  from organization o
 cross join lateral (
         select *
           from (
                  select *, job_phase(state, stage, started_at) as phase
                    from job
                   where organization_id = o.id
                     and state = :status
                     and state in ('failed', 'canceled')
                     {place}) n
          where {passing}
          order by n.id desc
          limit :limit) j
 where coalesce(o.id = :org::uuid, true)
 order by j.id desc
 limit :limit;

-- part: reached    live organizations from the cursor's on; the one that has the project, if that is named
o.env = 'live'
   and coalesce(o.id = :org::uuid, true)
   and (:project::uuid is null or exists (
         select
           from project
          where organization_id = o.id
            and id = :project))
   and o.id >= coalesce(:from_org::uuid, '00000000-0000-0000-0000-000000000000')

-- name: list_with_unsuccessful    organizations some of whose jobs may be retried
select o.id
  from organization o
 where {reached}
   and exists (
         select
           from job
          where organization_id = o.id
            and state = any(:states::text[])
            and state in ('failed', 'canceled'))
 order by o.id
 limit :limit;

-- name: list_with_open    organizations some of whose jobs may be canceled
select o.id
  from organization o
 where {reached}
   and exists (
         select
           from job
          where organization_id = o.id
            and finished_at is null)
 order by o.id
 limit :limit;
