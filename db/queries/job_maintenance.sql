-- name: promote_jobs    Queue a batch of scheduled jobs at their time.
with due_jobs as (
  -- A locked row is left to the next batch.
  select organization_id, id
    from job
   where stage = 'scheduled'
     and run_at <= now()
     and organization_id <> all ((select moving_organizations())::uuid[])
   order by run_at
   limit :limit
     for no key update skip locked)
update job j
   set stage = 'queued', state_version = j.state_version + 1
  -- In this order, so that statements note the kinds of lines in the same order.
  from (select * from due_jobs order by organization_id, id) r
 where j.organization_id = r.organization_id
   and j.id = r.id;

-- name: rescue_jobs
-- Take a batch of jobs from workers with an expired lease, or attempts past their own time, if the database's
-- time is before `before`. An outage may delay this statement: without `before` it would judge leases that no
-- worker could renew. A worker ends an attempt at its time; `grace_s` later the job is taken away even under
-- a valid lease.
with lost_attempts as materialized (
  -- `crashed`: the worker's lease has expired.
  select j.organization_id, j.id, j.fence, j.attempt, j.max_attempts, j.lease_owner, j.attempt_started_at,
         j.crashes, j.deadline_at, j.cancel_requested_at is not null as cancel,
         w.id is null or w.lease_expires_at < now() as crashed
    from job j
    left join worker w on w.id = j.lease_owner
   where j.lease_owner is not null
     and (w.id is null
          or w.lease_expires_at < now()
          or j.attempt_deadline_at < now() - :grace_s * interval '1 second')
     and now() < :before
   limit :limit
     for no key update of j skip locked),
verdicts as materialized (
  -- Each with its verdict; after `max_crashes` lost workers a job fails as poisoned.
  select h.*,
         case when h.cancel then 'canceled'
              when h.crashed and h.crashes + 1 >= :max_crashes then 'poisoned'
              when h.attempt >= h.max_attempts and h.crashed then 'exhausted'
              when h.attempt >= h.max_attempts then 'late'
              when h.deadline_at <= now() then 'overdue'
              else 'queued' end as verdict
    from lost_attempts h),
history as (
  -- The end of their attempts.
  insert into job_attempt (organization_id, job_id, fence, attempt, worker_id, started_at, outcome, error)
  select organization_id, id, fence, attempt, lease_owner, attempt_started_at,
         case when crashed then 'lost' else 'retry' end, case when not crashed then :late::jsonb end
    from verdicts)
update job j
   set state = case when l.verdict in ('queued', 'canceled') then l.verdict else 'failed' end,
       stage = case when l.verdict in ('queued', 'canceled') then l.verdict else 'failed' end,
       state_version = j.state_version + 1, crashes = j.crashes + l.crashed::int,
       error = case l.verdict when 'poisoned' then :poisoned::jsonb
                              when 'exhausted' then :exhausted::jsonb
                              when 'late' then :late::jsonb
                              when 'overdue' then :overdue::jsonb end,
       run_at = case l.verdict when 'queued' then now() else j.run_at end,
       finished_at = case when l.verdict <> 'queued' then now() end,
       lease_owner = null, attempt_started_at = null, attempt_deadline_at = null
  from (select * from verdicts order by organization_id, id) l
 where j.organization_id = l.organization_id
   and j.id = l.id
returning j.organization_id, j.project_id, j.id, j.kind, j.fence, j.state, j.error;

-- name: terminate_idle_sessions
-- Terminate sessions that are idle in a transaction for `patience_s`, or hold the job of an overdue attempt.
-- Postgres itself ends a session that is idle between two statements, but not between the messages of a
-- statement (it reads, and is `active`). Sessions with the job of an overdue attempt are ended at once.
with idle_sessions as materialized (
  -- Our sessions in which Postgres waits for the client, by its clock. A COPY waits as a rule.
  select pid, state, state_change
    from pg_stat_activity
   where datname = current_database()
     and usename = current_user
     and wait_event = 'ClientRead'
     and xact_start is not null
     and state_change < pg_catalog.clock_timestamp() - :grace_s * interval '1 second'
     and query not ilike 'copy %'),
blocking_sessions as materialized (
  -- Sessions that hold the job of an overdue attempt: its row's xmax is their transaction.
  select s.pid
    from idle_sessions s
    join pg_locks l on l.pid = s.pid and l.locktype = 'transactionid' and l.granted
    join job j on j.xmax = l.transactionid
   where j.lease_owner is not null
     and j.attempt_deadline_at < now() - :grace_s * interval '1 second')
select count(pg_terminate_backend(pid))
  from idle_sessions
 where now() < :before
   and (pid in (select pid from blocking_sessions)
        or (state = 'active'
            and state_change < pg_catalog.clock_timestamp() - :patience_s * interval '1 second'));

-- name: end_overdue_jobs
-- Fail a batch of queued jobs past their deadline; running ones are ended by their worker or by rescue_jobs.
-- The limit is `MAX_MAINTENANCE_ROWS` of jobs/maintenance.py as a literal: with many queued rows, a
-- custom plan for a parameter looks cheaper than the generic one, and would be made for each call.
with overdue_jobs as (
  select organization_id, id
    from job
   where finished_at is null
     and lease_owner is null
     and deadline_at <= now()
     and organization_id <> all ((select moving_organizations())::uuid[])
   order by deadline_at
   limit 500
     for no key update skip locked)
update job j
   set state = 'failed', stage = 'failed', state_version = j.state_version + 1,
       finished_at = now(), error = :overdue::jsonb
  from overdue_jobs l
 where j.organization_id = l.organization_id
   and j.id = l.id
returning j.organization_id, j.project_id, j.id, j.kind, j.fence, j.state, j.error;

-- part: delete_expired_jobs    Delete the locked jobs of `expired_jobs`, with their attempts.
history as (
  delete from job_attempt a
   using expired_jobs o
   where a.organization_id = o.organization_id
     and a.job_id = o.id)
delete from job j
 using expired_jobs o
 where j.organization_id = o.organization_id
   and j.id = o.id

-- name: prune_passing    Delete a batch of ended jobs of frequent kinds, with their attempts.
with expired_jobs as materialized (
  -- The oldest first, by a partial index of these kinds.
  select organization_id, id
    from job
   where kind in ('collect_metrics', 'relay_conversions', 'deliver_webhook')
     and finished_at < now() - :keep_s * interval '1 second'
   order by finished_at
   limit :limit
     for update skip locked),
{delete_expired_jobs};

-- part: of_job    Rows of a table that refer to a job.
select
                      from {condition} t
                     where t.organization_id = job.organization_id
                       and t.job_id = job.id

-- name: prune_jobs
-- Delete a batch of jobs and their attempts `keep_s` after their end, unless a row refers to them. A literal
-- limit and a subselect hide the parameters, so that the plan is cached. The limit is `MAX_MAINTENANCE_ROWS`.
with expired_jobs as materialized (
  -- A batch of each pool, by its index, the first to end first.
  select j.organization_id, j.id
    from pool p
   cross join lateral (
           select organization_id, id
             from job
            where pool = p.name
              and finished_at < (select now() - :keep_s * interval '1 second')
              and not exists (
                    {of_job: ingest})
              and not exists (
                    {of_job: scheduled_post})
              and not exists (
                    {of_job: brand_source})
              and not exists (
                    select
                      from project o
                     where o.organization_id = job.organization_id
                       and o.id = job.project_id
                       and o.archive_job_id = job.id)
            order by finished_at
            limit 500
              for update skip locked) j),
{delete_expired_jobs};
