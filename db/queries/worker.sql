-- name: register_worker
with known as (
  -- The row of its pool too, so that a new pool is only a line of the Procfile.
  insert into pool (name)
  values (:pool)
      on conflict do nothing),
closed as (
  -- Also where nobody has a cap, a suspended organization runs nothing. But an archive ends.
  insert into pool_cap (tier, pool, max_running, max_queued)
  select 'suspended', :pool, 0, 2147483647
   where :pool <> 'default'
      on conflict do nothing)
insert into worker (id, pool, host, pid, version, slots, lease_expires_at)
values (:id, :pool, :host, :pid, :version, :slots, now() + :lease_s * interval '1 second');

-- name: renew_lease    and the jobs that it runs, or one row without a job; no row: the worker's is gone
with me as (
  -- The worker with its new lease.
  update worker
     set lease_expires_at = now() + :lease_s * interval '1 second'
   where id = :id
  returning id)
select j.organization_id, j.id, j.fence,
       j.cancel_requested_at is not null as cancel, j.attempt_deadline_at <= now() as overdue
  from me
  left join job j on j.lease_owner = me.id;

-- name: claims_held    as pull_jobs gave them, and for how long they have run
select organization_id, project_id, id, kind, fence, attempt, max_attempts, args, attempt_deadline_at,
       extract(epoch from clock_timestamp() - attempt_started_at)::float8 as age_s
  from job
 where lease_owner = :id
   and state = 'running'
   and id = any(:job_ids::uuid[]);

-- name: drain_worker
update worker
   set state = 'draining'
 where id = :id;

-- name: retire_worker    a job that still names it is lost from here on
delete from worker
 where id = :id;

-- name: list_workers    whose lease stands
select w.id, w.pool, w.host, w.pid, w.version, w.slots, w.state, w.started_at, w.lease_expires_at,
       (select count(*) from job j where j.lease_owner = w.id) as running
  from worker w
 where w.lease_expires_at > now()
 order by w.pool, w.started_at, w.id;

-- name: prune_workers    long dead; one that a running job still names is for rescue_jobs to judge first
delete from worker w
 where w.lease_expires_at < now() - :keep_s * interval '1 second'
   and not exists (select from job j where j.lease_owner = w.id);
