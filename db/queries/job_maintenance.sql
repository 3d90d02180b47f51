-- name: ripen_jobs    scheduled ones whose time has come are queued
with ripe as (
  -- Those that nobody holds: a row that is locked comes with the next batch.
  select organization_id, id
    from job
   where stage = 'scheduled'
     and run_at <= now()
   order by run_at
   limit :limit
     for no key update skip locked)
update job j
   set stage = 'queued', state_version = j.state_version + 1
  from ripe r
 where j.organization_id = r.organization_id
   and j.id = r.id;

-- name: rescue_jobs    whose worker's lease has run out, or their own time, unless it is later than `before`
-- An outage may hold this statement back: without `before` it would judge leases that nobody could renew.
-- A worker ends an attempt itself when its time is up; `grace_s` later it is taken away whoever renews.
with held as materialized (
  -- The batch; `crashed`: it is its worker that is lost.
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
lost as materialized (
  -- Each with what becomes of it; after `max_crashes` lost workers a job is given up.
  select h.*,
         case when h.cancel then 'canceled'
              when h.crashed and h.crashes + 1 >= :max_crashes then 'poisoned'
              when h.attempt >= h.max_attempts and h.crashed then 'exhausted'
              when h.attempt >= h.max_attempts then 'late'
              when h.deadline_at <= now() then 'overdue'
              else 'queued' end as verdict
    from held h),
history as (
  -- The end of their attempts.
  insert into job_attempt (organization_id, job_id, fence, attempt, worker_id, started_at, outcome, error)
  select organization_id, id, fence, attempt, lease_owner, attempt_started_at,
         case when crashed then 'lost' else 'retry' end, case when not crashed then :late::jsonb end
    from lost)
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
  from lost l
 where j.organization_id = l.organization_id
   and j.id = l.id
returning j.organization_id, j.project_id, j.id, j.kind, j.fence, j.state, j.error;

-- name: hang_up    on sessions that say nothing in a transaction, for `patience_s` or on an overdue attempt
-- Postgres itself ends one that is silent between two statements, not one that is so between the messages of
-- a statement (it reads and is `active`). A job whose attempt's time is up waits for neither.
with silent as materialized (
  -- Sessions of ours in which Postgres waits for the client, by its clock. In a COPY that is as it should be.
  select pid, state, state_change
    from pg_stat_activity
   where datname = current_database()
     and usename = current_user
     and wait_event = 'ClientRead'
     and xact_start is not null
     and state_change < pg_catalog.clock_timestamp() - :grace_s * interval '1 second'
     and query not ilike 'copy %'),
holding as materialized (
  -- Those that hold a job of which an attempt's time is up: its row names their transaction.
  select s.pid
    from silent s
    join pg_locks l on l.pid = s.pid and l.locktype = 'transactionid' and l.granted
    join job j on j.xmax = l.transactionid
   where j.lease_owner is not null
     and j.attempt_deadline_at < now() - :grace_s * interval '1 second')
select count(pg_terminate_backend(pid))
  from silent
 where now() < :before
   and (pid in (select pid from holding)
        or (state = 'active'
            and state_change < pg_catalog.clock_timestamp() - :patience_s * interval '1 second'));

-- name: end_overdue_jobs    queued ones; a running one is ended by its worker or by rescue_jobs
-- The limit is `BATCH` of jobs/maintenance.py, written out: where many rows wait, a plan for a parameter's
-- value looks cheaper than the general one, and would be made anew for each call.
with late as (
  -- Those that nobody holds.
  select organization_id, id
    from job
   where finished_at is null
     and lease_owner is null
     and deadline_at <= now()
   order by deadline_at
   limit 500
     for no key update skip locked)
update job j
   set state = 'failed', stage = 'failed', state_version = j.state_version + 1,
       finished_at = now(), error = :overdue::jsonb
  from late l
 where j.organization_id = l.organization_id
   and j.id = l.id
returning j.organization_id, j.project_id, j.id, j.kind, j.fence, j.state, j.error;

-- name: prune_passing    of kinds that come all the time, those that ended a while ago, and their attempts
with old as materialized (
  -- A batch, the oldest first, by an index of theirs alone.
  select organization_id, id
    from job
   where kind in ('collect_metrics', 'relay_conversions', 'deliver_webhook')
     and finished_at < now() - :keep_s * interval '1 second'
   order by finished_at
   limit :limit
     for update skip locked),
attempts as (
  -- Their attempts.
  delete from job_attempt a
   using old o
   where a.organization_id = o.organization_id
     and a.job_id = o.id)
delete from job j
 using old o
 where j.organization_id = o.organization_id
   and j.id = o.id;

-- name: prune_jobs    with their attempts, `keep_s` after their end, unless a row still names them
with old as materialized (
  -- A batch of each pool, for its index: first those that ended first.
  select j.organization_id, j.id
    from pool p
   cross join lateral (
           select organization_id, id
             from job
            where pool = p.name
              and finished_at < now() - :keep_s * interval '1 second'
              and not exists (
                    select
                      from ingest i
                     where i.organization_id = job.organization_id
                       and i.job_id = job.id)
              and not exists (
                    select
                      from scheduled_post s
                     where s.organization_id = job.organization_id
                       and s.job_id = job.id)
              and not exists (
                    select
                      from brand_source b
                     where b.organization_id = job.organization_id
                       and b.job_id = job.id)
              and not exists (
                    select
                      from project o
                     where o.organization_id = job.organization_id
                       and o.id = job.project_id
                       and o.archive_job_id = job.id)
            order by finished_at
            limit :limit
              for update skip locked) j),
history as (
  -- Their attempts.
  delete from job_attempt a
   using old
   where a.organization_id = old.organization_id
     and a.job_id = old.id)
delete from job j
 using old
 where j.organization_id = old.organization_id
   and j.id = old.id;
