-- name: list_due
-- Return the time, and a due job of each pool; nulls if no pool has one. Not the first due job: a queued job
-- is due within seconds, so any scan finds a due one soon.
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

-- name: is_idle    Return whether a pool has a worker and no job to start.
select exists (
         select
           from worker
          where pool = :pool
            and state = 'active'
            and lease_expires_at > now())
       and not exists (
             select
               from job
              where pool = :pool
                and state = 'queued'
                and stage <> 'scheduled');

-- name: try_to_lead    Try to take the leader's lock, which the session holds until it ends.
select pg_try_advisory_lock(:lock) as leads, now() as at;

-- name: count_due    Count the next `part` of the queued jobs in each pool with more than that.
with next_part as materialized (
  -- Jobs after the count's position; the last one's place if more may follow.
  select p.name, part.*
    from pool p
    left join pool_count k on k.pool = p.name
   cross join lateral (
           select count(*) as jobs,
                  count(*) filter (where run_at <= now()) as due,
                  min(run_at) as oldest,
                  (array_agg(organization_id))[:part] as org,
                  (array_agg(internal))[:part] as internal,
                  (array_agg(run_at))[:part] as run_at,
                  (array_agg(id))[:part] as id
             from (
                    select organization_id, internal, run_at, id
                      from job
                     where pool = p.name
                       and state = 'queued'
                       and stage <> 'scheduled'
                       and (organization_id, internal, run_at, id)
                           > (coalesce(k.after_org, '00000000-0000-0000-0000-000000000000'),
                              coalesce(k.after_internal, false),
                              coalesce(k.after_run_at, '-infinity'),
                              coalesce(k.after_id, '00000000-0000-0000-0000-000000000000'))
                     order by organization_id, internal, run_at, id
                     limit :part) j) part
   where part.jobs = :part
      or k.after_id is not null)
insert into pool_count as k
       (pool, so_far, oldest_so_far, after_org, after_internal, after_run_at, after_id)
select name, due, oldest, org, internal, run_at, id
  from next_part
    on conflict (pool) do update
   set so_far = case when excluded.after_id is null then 0 else k.so_far + excluded.so_far end,
       oldest_so_far = case when excluded.after_id is not null
                            then least(k.oldest_so_far, excluded.oldest_so_far) end,
       due = case when excluded.after_id is null then k.so_far + excluded.so_far else k.due end,
       oldest_run_at = case when excluded.after_id is null
                            then least(k.oldest_so_far, excluded.oldest_so_far) else k.oldest_run_at end,
       counted_at = case when excluded.after_id is null then now() else k.counted_at end,
       after_org = excluded.after_org,
       after_internal = excluded.after_internal,
       after_run_at = excluded.after_run_at,
       after_id = excluded.after_id;

-- name: list_pools
-- Return the pools. `mean_run_s` is of the attempts of the pool's last 100 ended jobs. Up to `exact` due jobs
-- are counted now; above that the number is the dispatcher's last count.
select p.name, p.paused,
       case when due.jobs > :exact then greatest(due.jobs, counted.jobs) else due.jobs end as queued,
       extract(epoch from now() - case when due.jobs > :exact then least(due.oldest, counted.oldest)
                                       else due.oldest end)::float8 as oldest_due_s,
       running.jobs as running, fleet.capacity, fleet.workers, past.mean_run_s
  from pool p
 cross join lateral (
         select count(*) as jobs, min(run_at) as oldest
           from (
                  select run_at
                    from job
                   where pool = p.name
                     and state = 'queued'
                     and stage <> 'scheduled'
                     and run_at <= now()
                   limit :exact + 1) head) due
 cross join lateral (
         select max(greatest(due, so_far)) as jobs, min(oldest_run_at) as oldest
           from pool_count
          where pool = p.name
            and counted_at > now() - :fresh_s * interval '1 second') counted
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
          cross join lateral (
                  select started_at, ended_at
                    from ended_attempt
                   where organization_id = j.organization_id
                     and job_id = j.id
                  offset 0) a) past
 order by p.name;

-- name: set_paused    Pause or resume a pool; return whether that changed it. No row: the pool doesn't exist.
with previous as (
  -- The lock makes only one of two concurrent pauses a change.
  select name, paused
    from pool
   where name = :name
     for update)
update pool p
   set paused = :paused
  from previous b
 where p.name = b.name
returning b.paused <> p.paused as changed;

-- name: count_workers
-- Count the workers of each pool by the state of their leases; a lost worker's row is kept for an hour.
select p.name as pool,
       count(w.id) filter (where w.lease_expires_at > now() and w.state = 'active') as active,
       count(w.id) filter (where w.lease_expires_at > now() and w.state = 'draining') as draining,
       count(w.id) filter (where w.lease_expires_at <= now()) as lost
  from pool p
  left join worker w on w.pool = p.name
 group by p.name
 order by p.name;

-- name: has_leader    Return whether a session of this database holds the dispatchers' lock.
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

-- name: list_caps    Return a pool's caps by tier; a tier without a row has none.
select c.tier, c.max_running, c.max_queued
  from pool_cap c
 where c.pool = :name
   and c.tier <> 'suspended'
 order by c.tier;

-- name: set_cap    Set a cap of a pool. No row: the pool doesn't exist.
with suspended_cap as (
  -- A pool with caps runs no job of a suspended organization; `default` gets this row with its first cap.
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
