-- name: register_worker    Insert a worker, with its pool if that is new.
with new_pool as (
  -- A new pool is then only a line of the Procfile.
  insert into pool (name)
  values (:pool)
      on conflict do nothing),
suspended_cap as (
  -- A suspended organization runs no job in a pool without caps either, except in `default`, for archives.
  insert into pool_cap (tier, pool, max_running, max_queued)
  select 'suspended', :pool, 0, 2147483647
   where :pool <> 'default'
      on conflict do nothing)
insert into worker (id, pool, host, pid, version, slots, lease_expires_at)
values (:id, :pool, :host, :pid, :version, :slots, now() + :lease_s * interval '1 second');

-- name: renew_lease
-- Renew a worker's lease and return its jobs, or one row without a job. No row: the worker's row was deleted.
with renewed_worker as (
  update worker
     set lease_expires_at = now() + :lease_s * interval '1 second'
   where id = :id
  returning id)
select j.organization_id, j.id, j.fence,
       j.cancel_requested_at is not null as cancel, j.attempt_deadline_at <= now() as overdue,
       extract(epoch from clock_timestamp() - j.attempt_started_at)::float8 as age_s
  from renewed_worker
  left join job j on j.lease_owner = renewed_worker.id;

-- name: claims_held
-- Return a worker's claims among jobs, as claim_jobs did, after the response to its pull was lost.
select organization_id, project_id, id, kind, fence, attempt, max_attempts, args, attempt_deadline_at
  from job
 where lease_owner = :id
   and state = 'running'
   and id = any(:job_ids::uuid[]);

-- name: drain_worker    Mark a worker as draining: it finishes its jobs and takes no more.
update worker
   set state = 'draining'
 where id = :id;

-- name: retire_worker    Delete a worker; any job of it is lost from here on.
delete from worker
 where id = :id;

-- name: list_workers    Return the workers with a valid lease.
select w.id, w.pool, w.host, w.pid, w.version, w.slots, w.state, w.started_at, w.lease_expires_at,
       (select count(*) from job j where j.lease_owner = w.id) as running
  from worker w
 where w.lease_expires_at > now()
 order by w.pool, w.started_at, w.id;

-- name: prune_workers
-- Delete long dead workers, except those with running jobs, which rescue_jobs judges first.
delete from worker w
 where w.lease_expires_at < now() - :keep_s * interval '1 second'
   and not exists (select from job j where j.lease_owner = w.id);
