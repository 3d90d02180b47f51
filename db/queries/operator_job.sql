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

-- part: before    End of a page, exclusive: an id.
coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')

-- part: from    Start of a period, inclusive: an id.
coalesce(:from_id::uuid, '00000000-0000-0000-0000-000000000000')

-- part: newest    From the last id on.
order by organization_id desc, id desc
                   limit :depth

-- part: place
-- An organization's jobs, from a cursor on. A range of both columns, since for an equality the planner may
-- read and sort all jobs of a large organization.
(organization_id, id) < (o.id, {before})
                     and (organization_id, id) >= (o.id, {from})

-- part: kinds    Of one kind, if given, in the index of open jobs. Each kind is before `~`.
kind collate "C" >= coalesce(:kind, '')
                     and kind collate "C" <= coalesce(:kind, '~')

-- part: unsuccessful    An organization's failed or canceled jobs, from a cursor on.
organization_id = o.id
                     and state = {condition}
                     and state in ('failed', 'canceled')
                     and id < {before}
                     and id >= {from}

-- part: operated_job    All columns of a job, and its phase.
*, job_phase(state, stage, started_at) as phase

-- name: get_operator_job    Return a job by its id alone, looked up by each organization's primary key.
select {operated}, o.name as organization_name
  from organization o
 cross join lateral (
         select {operated_job}
           from job
          where organization_id = o.id
            and id = :id
          offset 0) j;

-- part: of_status    Status filter; a null matches all.
coalesce(case when n.finished_at is null then 'running' else n.state end = :status::text, true)

-- part: matching    Matching jobs among an organization's newest `depth` under a condition, newest first.
select *
           from (
                  select {operated_job}
                    from job
                   where {condition}
                   {newest}) n
          where {passing}
            and {of_status}
          order by n.organization_id desc, n.id desc
          limit o.most

-- part: page
-- A page of all organizations' matching jobs. The condition selects the newest `most` of an organization.
-- First finds the organizations with the newest ones: the page has no job of any other organization.
with newest_organizations as materialized (
  select o.id, o.name
    from (select id, name, 1::bigint as most from organization) o
   cross join lateral (
         {condition}) j
   where coalesce(o.id = :org::uuid, true)
   order by j.id desc
   limit :limit)
select {operated}, o.name as organization_name
  from (select id, name, :limit::bigint as most from newest_organizations) o
 cross join lateral (
         {condition}) j
 order by j.id desc
 limit :limit

-- name: list_operator_jobs    Return the matching jobs, newest first.
{page: {matching: {place}}};

-- name: list_open_operator_jobs    Return the matching open jobs, newest first.
{page: {matching: {place}
                     and finished_at is null
                     and {kinds}}};

-- name: list_unsuccessful_operator_jobs    Return the matching failed or canceled jobs, newest first.
{page: {matching: {unsuccessful: :status}}};

-- name: list_operator_jobs_of_kind    Return the matching jobs of one kind, newest first.
{page: select *
           from (
                  (select *
                     from (
                            select {operated_job}
                              from job
                             where {place}
                               and finished_at is null
                               and coalesce(:status = 'running', true)
                               and kind collate "C" = :kind
                               {newest}) n
                    where {passing}
                    order by n.organization_id desc, n.id desc
                    limit o.most)
                   union all
                  (select *
                     from (
                            select {operated_job}
                              from job
                             where organization_id = o.id
                               and finished_at is not null
                               and (kind, id) < (:kind, {before})
                               and (kind, id) >= (:kind, {from})
                             order by kind desc, id desc
                             limit :depth) n
                    where {passing}
                      and {of_status}
                    order by n.kind desc, n.id desc
                    limit o.most)) either
          order by either.id desc
          limit o.most};

-- part: newest_of_project    The newest `depth` jobs of the project `w` in its organization `o`.
from job
                   where organization_id = o.id
                     and (project_id, id) < (w.id, {before})
                     and (project_id, id) >= (w.id, {from})
                     and project_id is not null
                   order by project_id desc, id desc
                   limit :depth

-- name: list_operator_jobs_of_project    Return the matching jobs of one project, newest first.
select {operated}, o.name as organization_name
  from project w
  join organization o on o.id = w.organization_id
 cross join lateral (
         select *
           from (
                  select {operated_job}
                    {newest_of_project}) n
          where {passing}
            and {of_status}
          order by n.project_id desc, n.id desc
          limit :limit) j
 where w.id = :project
   and coalesce(o.id = :org::uuid, true)
 order by j.id desc;

-- name: count_operator_organizations    Count the organizations that a list scans.
select count(*) as organizations
  from organization
 where coalesce(id = :org::uuid, true);

-- part: counted    Matching jobs by phase, and whether a scan has ended at its limit `most`.
select status, phase, sum(jobs)::int as jobs, bool_or(scanned >= most) as more
  from (
         select status, phase, most, count(*) filter (where counts and {passing}) as jobs,
                sum(count(*)) over (partition by status, scan) as scanned
           from scanned n
          group by status, phase, scan, most) each
 group by status, phase

-- name: count_operator_jobs
-- Count the jobs that the list of each status finds among an organization's newest `depth`.
with scanned as (
  -- Each status as its list scans it: completed jobs among all jobs.
  select s.*, :depth as most
    from organization o
   cross join lateral (
           (select 'running' as status, true as counts, organization_id as scan, kind, pool, error,
                   created_at, job_phase(state, stage, started_at) as phase
              from job
             where finished_at is null
               and {place}
                   {newest})
           union all
           (select e.state, true, organization_id, kind, pool, error, created_at, e.state
              from (values ('failed'), ('canceled')) as e (state)
             cross join lateral (
                     select organization_id, kind, pool, error, created_at
                       from job
                      where {unsuccessful: e.state}
                      {newest}) j)
           union all
           (select 'completed', state = 'completed', organization_id, kind, pool, error, created_at,
                   'completed'
              from job
             where {place}
                   {newest})) s
   where o.id = :org)
{counted};

-- part: of_all_organizations
-- Matching jobs among `depth` of each phase: of ended ones an equal share of each pool, in this order.
with share as materialized (
  select name, greatest(1, :depth / count(*) over ()) as most
    from pool
   where coalesce(name = :pool::text, true)),
scanned as (
  (select 'running' as status, true as counts, 'leased' as scan, kind, pool, error, created_at,
          'running' as phase, :depth::bigint as most
     from job
    where lease_owner is not null
    order by lease_owner
    limit :depth)
  union all
  (select 'running', true, 'queued', kind, pool, error, created_at, 'queued', :depth
     from pool p
    cross join lateral (
            select kind, pool, error, created_at
              from job
             where pool = p.name
               and state = 'queued'
               and stage <> 'scheduled'
             order by organization_id, internal, run_at, id
             limit :depth) j
    limit :depth)
  union all
  (select 'running', true, 'put off', kind, pool, error, created_at,
          job_phase(state, stage, started_at), :depth
     from job
    where stage = 'scheduled'
    order by run_at
    limit :depth)
  union all
  (select e.state, true, p.name, kind, pool, error, created_at, e.state, p.most
     from share p
    cross join (values ('failed'), ('canceled')) as e (state)
    cross join lateral (
            select kind, pool, error, created_at
              from job
             where pool = p.name
               and state = e.state
               and state in ('failed', 'canceled')
               and finished_at >= coalesce(:since::timestamptz, '-infinity')
             order by {condition}
             limit p.most) j)
  union all
  (select 'completed', state = 'completed', p.name, kind, pool, error, created_at, 'completed', p.most
     from share p
    cross join lateral (
            select state, kind, pool, error, created_at
              from job
             where pool = p.name
               and finished_at is not null
               and finished_at >= coalesce(:since::timestamptz, '-infinity')
             order by {condition}
             limit p.most) j))
{counted}

-- name: count_jobs_of_all
-- Count the matching jobs of all organizations, of ended ones among the last to end.
{of_all_organizations: finished_at desc};

-- name: count_jobs_of_period
-- Count the matching jobs of all organizations, of ended ones among the first to end in the period.
{of_all_organizations: finished_at};

-- name: count_operator_jobs_of_project    Count the matching jobs among one project's newest `depth`.
with newest as (
  -- Of its organization.
  select j.*
    from project w
    join organization o on o.id = w.organization_id
   cross join lateral (
                  select kind, pool, error, created_at,
                         case when finished_at is null then 'running' else state end as own,
                         job_phase(state, stage, started_at) as phase
                    {newest_of_project}) j
   where w.id = :project
     and coalesce(o.id = :org::uuid, true)),
scanned as (
  -- All of them for each status, since its list scans all of them.
  select status, own = status as counts, true as scan, kind, pool, error, created_at, phase, :depth as most
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
