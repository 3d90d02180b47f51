-- name: list_due    the time, and a due job of each pool that has one; a row without a pool if none has
-- Not the first due job: what is queued and not due will be in seconds, so that a due one is soon found.
select now() as at, due.pool, due.kind, due.job_id, due.rotor
  from (select) one
  left join (
         select p.name as pool, head.kind, head.id as job_id, p.rotor
           from pool p
          cross join lateral (
                  select id, kind
                    from job
                   where pool = p.name
                     and state = 'queued'
                     and stage <> 'scheduled'
                     and run_at <= now()
                   limit 1) head
          where not p.paused) due on true;

-- name: try_to_lead    the lock is held by the session until it ends
select pg_try_advisory_lock(:lock) as leads, now() as at;

-- name: list_pools    `mean_run_s` is of the attempts of the pool's last 100 ended jobs
select p.name, p.paused, due.queued, due.oldest_due_s, running.jobs as running,
       fleet.capacity, fleet.workers, past.mean_run_s
  from pool p
 cross join lateral (
         select count(*) as queued, extract(epoch from now() - min(run_at))::float8 as oldest_due_s
           from job
          where pool = p.name
            and state = 'queued'
            and stage <> 'scheduled'
            and run_at <= now()) due
 cross join lateral (
         select count(*) as jobs
           from job
          where pool = p.name
            and state = 'running') running
 cross join lateral (
         select coalesce(sum(slots), 0) as capacity, count(*) as workers
           from worker
          where pool = p.name
            and state = 'active'
            and lease_expires_at > now()) fleet
 cross join lateral (
         select avg(extract(epoch from a.ended_at - a.started_at))::float8 as mean_run_s
           from (
                  select organization_id, id
                    from job
                   where pool = p.name
                     and finished_at is not null
                   order by finished_at desc
                   limit 100) j
           join job_attempt a on a.organization_id = j.organization_id and a.job_id = j.id) past
 order by p.name;

-- name: set_paused
update pool
   set paused = :paused
 where name = :name;

-- name: count_workers    of each pool by the state of their leases; the row of a lost one is kept for an hour
select p.name as pool,
       count(w.id) filter (where w.lease_expires_at > now() and w.state = 'active') as active,
       count(w.id) filter (where w.lease_expires_at > now() and w.state = 'draining') as draining,
       count(w.id) filter (where w.lease_expires_at <= now()) as lost
  from pool p
  left join worker w on w.pool = p.name
 group by p.name
 order by p.name;

-- name: has_leader    whether some session of this database holds the dispatchers' lock
select exists (
         select
           from pg_locks l
           join pg_database d on d.oid = l.database
          where l.locktype = 'advisory'
            and l.granted
            and l.objsubid = 1
            and l.classid = 0
            and l.objid = :lock
            and d.datname = current_database());

-- name: list_caps    a pool's, by tier; a tier without a row has none
select c.tier, c.max_running, c.max_queued
  from pool_cap c
 where c.pool = :name
   and c.tier <> 'suspended'
 order by c.tier;

-- name: set_cap    no row: there is no such pool
with closed as (
  -- A pool with caps lets a suspended organization run nothing.
  insert into pool_cap (tier, pool, max_running, max_queued)
  select 'suspended', name, 0, :max_queued
    from pool
   where name = :name
      on conflict (tier, pool) do nothing)
insert into pool_cap (tier, pool, max_running, max_queued)
select :tier, name, :max_running, :max_queued
  from pool
 where name = :name
    on conflict (tier, pool) do update
   set max_running = excluded.max_running, max_queued = excluded.max_queued;
