-- revision 1
-- Start newcomers: jobs that joined an empty line within the last two seconds. The newest come first, since older ones had
-- their chance, and of those the tenants with the fewest running jobs. At most one in four of the free slots, or one. Caps
-- and shares as in `pull_jobs`.
create or replace function pull_newcomers(pool_name text, owner uuid, free integer, kinds text[], timeouts_s double precision[],
                                          moment timestamptz, since timestamptz)
returns table (organization_id uuid, project_id uuid, id uuid, kind text, fence bigint, attempt integer, max_attempts integer,
               args jsonb, attempt_deadline_at timestamptz)
language plpgsql volatile
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_memoize = off
as $$
#variable_conflict use_column
begin
    return query
    with fresh as materialized (
        select distinct on (j.organization_id) j.organization_id, j.internal, j.id, j.run_at
          from (select j.organization_id, j.internal, j.id, j.run_at from job j
                 where j.pool = pool_name and j.state = 'queued' and j.stage <> 'scheduled' and j.newcomer
                   and j.run_at <= moment and j.run_at > moment - interval '2 seconds'
                   and j.deadline_at > moment and j.kind = any (kinds)
                 order by j.run_at desc limit 64) j
         order by j.organization_id, j.run_at),
    seat as materialized (
        select case when exists (select from pool_cap c where c.pool = pool_name and c.tier <> 'suspended') then w.slots else 0 end as slots,
               (select sum(o.slots) from worker o where o.pool = pool_name and o.lease_expires_at > moment) as capacity
          from pool p, worker w
         where p.name = pool_name and not p.paused and w.id = owner and w.lease_expires_at > moment),
    able as (
        select f.organization_id, f.id, f.run_at, busy.held
          from fresh f
         cross join lateral (
            select o.tier,
                   coalesce(o.live_organization_id, (select t.id from organization t where t.live_organization_id = o.id)) as other
              from organization o where o.id = f.organization_id
            offset 0) family
         cross join lateral (
            select count(*)::int as held, (count(*) filter (where j.internal = f.internal))::int as running
              from job j
             where j.pool = pool_name and j.state = 'running' and j.organization_id = f.organization_id and j.attempt_started_at >= since
            offset 0) own
         cross join lateral (
            select own.held + case when family.other is null then 0
                                   else (select count(*)::int from job j
                                          where j.pool = pool_name and j.state = 'running' and j.organization_id = family.other
                                            and j.attempt_started_at >= since) end as held
            offset 0) busy
         where not exists (select from fresh o where o.organization_id = family.other and o.organization_id < f.organization_id)
           and (f.internal or not exists (select from pool_cap c
                                           where c.tier = family.tier and c.pool = pool_name and c.max_running <= own.running))),
    chosen as materialized (
        select line.organization_id, line.id
          from (select a.*, row_number() over (order by a.held, a.run_at) as place from able a) line cross join seat s
         where line.held * s.slots < (free - line.place + 1) * s.capacity
         order by line.place limit greatest(1, free / 4)),
    held as materialized (
        select j.organization_id, j.id, j.state = 'queued' and j.stage <> 'scheduled' and j.run_at <= moment and j.deadline_at > moment as due
          from chosen c join job j on j.organization_id = c.organization_id and j.id = c.id
           for no key update of j skip locked)
    update job j
       set state = 'running', stage = 'starting', state_version = j.state_version + 1,
           lease_owner = owner, fence = j.fence + 1, attempt = j.attempt + 1,
           started_at = coalesce(j.started_at, moment), attempt_started_at = greatest(moment, since),
           attempt_deadline_at = moment + timeouts_s[array_position(kinds, j.kind)] * interval '1 second',
           newcomer = false
      from held h where h.due and j.organization_id = h.organization_id and j.id = h.id
    returning j.organization_id, j.project_id, j.id, j.kind, j.fence, j.attempt, j.max_attempts, j.args, j.attempt_deadline_at;
end $$;
