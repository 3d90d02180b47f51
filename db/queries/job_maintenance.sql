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

-- name: rescue_jobs    of workers whose lease has run out, unless it is later than `before`
-- An outage may hold this statement back: without `before` it would judge leases that nobody could renew.
with lost as materialized (
  -- The batch, each with what becomes of it; after `max_crashes` such ends a job is given up.
  select j.organization_id, j.id, j.fence, j.attempt, j.lease_owner, j.attempt_started_at,
         case when j.cancel_requested_at is not null then 'canceled'
              when j.crashes + 1 >= :max_crashes then 'poisoned'
              when j.attempt >= j.max_attempts then 'exhausted'
              when j.deadline_at <= now() then 'overdue'
              else 'queued' end as verdict
    from job j
    left join worker w on w.id = j.lease_owner
   where j.lease_owner is not null
     and (w.id is null or w.lease_expires_at < now())
     and now() < :before
   limit :limit
     for no key update of j skip locked),
history as (
  -- The end of their attempts.
  insert into job_attempt (organization_id, job_id, fence, attempt, worker_id, started_at, outcome)
  select organization_id, id, fence, attempt, lease_owner, attempt_started_at, 'lost'
    from lost)
update job j
   set state = case when l.verdict in ('queued', 'canceled') then l.verdict else 'failed' end,
       stage = case when l.verdict in ('queued', 'canceled') then l.verdict else 'failed' end,
       state_version = j.state_version + 1, crashes = j.crashes + 1,
       error = case l.verdict when 'poisoned' then :poisoned::jsonb
                              when 'exhausted' then :exhausted::jsonb
                              when 'overdue' then :overdue::jsonb end,
       run_at = case l.verdict when 'queued' then now() else j.run_at end,
       finished_at = case when l.verdict <> 'queued' then now() end,
       lease_owner = null, attempt_started_at = null, attempt_deadline_at = null
  from lost l
 where j.organization_id = l.organization_id
   and j.id = l.id
returning j.organization_id, j.project_id, j.id, j.kind, j.fence, j.state, j.error;

-- name: end_overdue_jobs    queued ones; a running one is ended by its worker or by rescue_jobs
with late as (
  -- Those that nobody holds.
  select organization_id, id
    from job
   where finished_at is null
     and lease_owner is null
     and deadline_at <= now()
   order by deadline_at
   limit :limit
     for no key update skip locked)
update job j
   set state = 'failed', stage = 'failed', state_version = j.state_version + 1,
       finished_at = now(), error = :overdue::jsonb
  from late l
 where j.organization_id = l.organization_id
   and j.id = l.id
returning j.organization_id, j.project_id, j.id, j.kind, j.fence, j.state, j.error;

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
