-- `pull_jobs` and `pull_newcomers` as before (0016_rest_lines.sql, 0017_pull_past_rest.sql), but reading less, and the same on
-- PostgreSQL 15 as on 18.
-- Running jobs are counted by tenant and by its sandbox or live organization, one key at a time: of `organization_id = any
-- (...)` an older planner makes a filter while the table has no statistics, and each line would read all that runs.
-- The level is a fraction until it is rounded up. Where more lines wait than slots are free it came to 0 as a whole number,
-- and every line was read as deep as the slots.
-- What a walk needs of pool and worker is read with the hints, before the big statement, and newcomers are only looked for
-- where there is one: to start such a statement takes longer than to look.
-- A line that was empty when hints were noted is walked again once a job comes to it: hints cover empty lines too, and newcomers got
-- one slot in four there, so that a burst after a quiet moment, of lines of several jobs, waited for two seconds.
-- The cap of suspended organizations gives a pool no share.

-- Each pool but `default` lets a suspended organization run nothing, also one without other caps. `register_worker` says so of a new
-- pool. In `default` an archive that was asked for ends all the same.
insert into pool_cap (tier, pool, max_running, max_queued)
select 'suspended', name, 0, 2147483647
  from pool
 where name <> 'default'
    on conflict do nothing;

-- The lines of these tenants rest no more, from `places` on: a job of theirs has ended, or one has come where none was. A stretch
-- ends before the first of them that lies in it, and goes on behind each. Where it ends in a tenant's own line, that line
-- can start already. The function of two arguments is left to pulls that are under way.
create function wake_lines(pool_name text, orgs uuid[], places timestamptz[]) returns void
language plpgsql volatile
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
    with woken as materialized (
        select w.org, min(w.place) as place from unnest(orgs, places) w (org, place) group by w.org),
    cuts as materialized (
        select r.*, w.org, w.place, row_number() over stretch as turn, lead(w.org) over stretch as next_org, lead(w.place) over stretch as next_place
          from (select distinct r.kinds from line_rest r where r.pool = pool_name) workers
         cross join woken w
         cross join lateral (
            select r.* from line_rest r
             where r.pool = pool_name and r.kinds = workers.kinds and (r.after_org, r.after_internal) < (w.org, false)
             order by r.after_org desc, r.after_internal desc limit 1) r
         where (r.before_org, r.before_internal) > (w.org, false)
        window stretch as (partition by r.kinds, r.after_org, r.after_internal order by w.org)),
    shortened as (
        update line_rest r
           set before_org = c.org, before_internal = false, before_run_at = c.place
          from cuts c
         where c.turn = 1 and r.pool = pool_name and r.kinds = c.kinds
           and r.after_org = c.after_org and r.after_internal = c.after_internal)
    insert into line_rest
    select c.pool, c.kinds, c.org, true,
           coalesce(c.next_org, c.before_org), c.next_org is null and c.before_internal, coalesce(c.next_place, c.before_run_at), c.until
      from cuts c
     where c.next_org is not null or (c.before_org, c.before_internal) > (c.org, true)
        on conflict do nothing;
end $$;

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

create or replace function pull_jobs(pool_name text, owner uuid, free integer, kinds text[], timeouts_s double precision[], freed uuid[])
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
declare
    moment timestamptz;
    since timestamptz;
    resting boolean;
    is_crowded boolean;
    first_org uuid;
    first_internal boolean;
    slots bigint;
    capacity bigint;
    known constant integer := hashtext(kinds::text);
    began integer := 0;
    before bigint;
begin
    if free < 1 then
        return;
    end if;
    perform pg_advisory_xact_lock(72, hashtext(pool_name));
    moment := clock_timestamp();
    select p.busy_since, p.rest_until > moment, p.crowded, p.rotor, p.rotor_internal,
           case when exists (select from pool_cap c where c.pool = pool_name and c.tier <> 'suspended') then w.slots else 0 end,
           (select sum(o.slots) from worker o where o.pool = pool_name and o.lease_expires_at > moment)
      into since, resting, is_crowded, first_org, first_internal, slots, capacity
      from pool p, worker w
     where p.name = pool_name and not p.paused and w.id = owner and w.lease_expires_at > moment;
    if not found then
        return;
    end if;
    if resting then
        perform wake_lines(pool_name, array_agg(w.org), array_agg(w.place))
           from (select org, '-infinity' as place from unnest(freed) org
                 union all
                 select * from (select j.organization_id, j.run_at - interval '2 seconds' from job j
                                 where j.pool = pool_name and j.state = 'queued' and j.stage <> 'scheduled' and j.newcomer
                                   and j.run_at <= moment and j.run_at > moment - interval '2 seconds'
                                 order by j.run_at desc limit 64) fresh) w;
    end if;
    -- A newcomer gets one slot in four, chance by chance where fewer are free.
    if is_crowded and (free >= 4 or random() < free / 4.0)
       and exists (select from job j
                    where j.pool = pool_name and j.state = 'queued' and j.stage <> 'scheduled' and j.newcomer
                      and j.run_at <= moment and j.run_at > moment - interval '2 seconds') then
        return query select * from pull_newcomers(pool_name, owner, free, kinds, timeouts_s, moment, since);
        get diagnostics began = row_count;
        free := free - began;
        if free < 1 then
            return;
        end if;
    end if;
    before := pg_stat_get_xact_tuples_returned('job_due'::regclass) + pg_stat_get_xact_tuples_returned('job_busy'::regclass);
    return query
    with recursive
    walk as (
        select first_org as org, first_internal as internal, false as wrapped, 0 as turn, 0 as seen, 0 as idle, 0 as room, 0 as held,
               first_org as tenant, moment as place
        union all
        select coalesce(head.org, '00000000-0000-0000-0000-000000000000'), coalesce(head.internal, false),
               w.wrapped or head.org is null, w.turn + 1, w.seen + (line.room > 0)::int,
               w.idle + (line.room > 0 and busy.held = 0 and family.tenant = head.org and head.org <> w.org)::int,
               line.room, busy.held, family.tenant, head.run_at
          from walk w
          left join lateral (
            select r.before_org, r.before_internal, r.before_run_at from line_rest r
             where resting and r.pool = pool_name and r.kinds = known and (r.after_org, r.after_internal) <= (w.org, w.internal) and r.until > moment
             order by r.after_org desc, r.after_internal desc limit 1) rest on (rest.before_org, rest.before_internal) > (w.org, w.internal)
          left join lateral (
            select j.organization_id as org, j.internal, j.run_at, j.deadline_at, j.kind from job j
             where j.pool = pool_name and j.state = 'queued' and j.stage <> 'scheduled'
               and (j.organization_id, j.internal, j.run_at)
                   >= (coalesce(rest.before_org, w.org), coalesce(rest.before_internal, w.internal), coalesce(rest.before_run_at, 'infinity'))
             order by j.organization_id, j.internal, j.run_at, j.id limit 1) head on true
          left join lateral (
            select o.tier, coalesce(o.live_organization_id, o.id) as tenant,
                   coalesce(o.live_organization_id, (select t.id from organization t where t.live_organization_id = o.id)) as other
              from organization o where o.id = head.org
            offset 0) family on true
         cross join lateral (
            select count(*)::int as held, (count(*) filter (where j.internal = head.internal))::int as running
              from job j
             where j.pool = pool_name and j.state = 'running' and j.organization_id = head.org and j.attempt_started_at >= since
            offset 0) own
         cross join lateral (
            select own.held + case when family.other is null then 0
                                   else (select count(*)::int from job j
                                          where j.pool = pool_name and j.state = 'running' and j.organization_id = family.other
                                            and j.attempt_started_at >= since) end as held
            offset 0) busy
         cross join lateral (
            select case when head.run_at <= moment and busy.held * slots < free * capacity
                         and (head.deadline_at > moment and head.kind = any (kinds)
                              or exists (select from job j
                                          where j.pool = pool_name and j.state = 'queued' and j.stage <> 'scheduled'
                                            and j.organization_id = head.org and j.internal = head.internal and j.run_at >= head.run_at
                                            and j.run_at <= moment and j.deadline_at > moment and j.kind = any (kinds)))
                        then least(free, coalesce((select c.max_running from pool_cap c
                                                    where c.tier = family.tier and c.pool = pool_name and not head.internal) - own.running, free))
                        else 0 end as room
            offset 0) line
         where w.seen < greatest(free, 32) and w.idle <= free
           and not (w.wrapped and (head.org is null or (head.org, head.internal) > (first_org, first_internal)))),
    level as materialized (
        select ceil(min((free + risen) / tenants::float8))::int as height
          from (select sum(t.held) over ordered as risen, row_number() over ordered as tenants
                  from (select distinct w.tenant, w.held from walk w where w.room > 0) t window ordered as (order by t.held, t.tenant)) t),
    near as materialized (
        select w.org, w.internal, w.turn, w.tenant, j.id, w.held + row_number() over (partition by w.tenant order by j.place, w.turn) as taken
          from walk w cross join level l
         cross join lateral (
            select j.id, row_number() over (order by j.run_at, j.id) as place from job j
             where j.pool = pool_name and j.state = 'queued' and j.stage <> 'scheduled'
               and j.organization_id = w.org and j.internal = w.internal and j.run_at >= w.place
               and j.run_at <= moment and j.deadline_at > moment and j.kind = any (kinds)
             order by j.run_at, j.id limit least(w.room, l.height - w.held)) j
         where w.room > 0 and w.held < l.height),
    far as (
        select w.org, w.internal, w.turn, w.tenant, j.id,
               w.held + before.jobs + row_number() over (partition by w.tenant order by j.place, w.turn) as taken
          from walk w cross join level l
         cross join lateral (select count(*) as jobs from near n where n.tenant = w.tenant) before
         cross join lateral (
            select j.id, row_number() over (order by j.run_at, j.id) as place from job j
             where j.pool = pool_name and j.state = 'queued' and j.stage <> 'scheduled'
               and j.organization_id = w.org and j.internal = w.internal and j.run_at >= w.place
               and j.run_at <= moment and j.deadline_at > moment and j.kind = any (kinds)
             order by j.run_at, j.id
            offset greatest(0, l.height - w.held) limit w.room - greatest(0, l.height - w.held)) j
         where w.room > greatest(0, l.height - w.held)
           and (select count(*) from near n where n.taken <= (select l.height from level l)) < free),
    chosen as materialized (
        select line.*
          from (select job.*, row_number() over (order by job.taken, job.turn) as place
                  from (select * from near union all select * from far) job) line
         where (line.taken - 1) * slots < (free - line.place + 1) * capacity
         order by line.taken, line.turn limit free),
    held as materialized (
        select j.organization_id, j.id, j.state = 'queued' and j.stage <> 'scheduled' and j.run_at <= moment and j.deadline_at > moment as due
          from chosen c join job j on j.organization_id = c.org and j.id = c.id
           for no key update of j skip locked),
    turned as (
        update pool p set rotor = c.org, rotor_internal = c.internal, crowded = (select max(w.seen) >= greatest(free, 32) or max(w.idle) > free from walk w)
          from (select * from chosen order by turn desc limit 1) c where p.name = pool_name)
    update job j
       set state = 'running', stage = 'starting', state_version = j.state_version + 1,
           lease_owner = owner, fence = j.fence + 1, attempt = j.attempt + 1,
           started_at = coalesce(j.started_at, moment), attempt_started_at = greatest(moment, since),
           attempt_deadline_at = moment + timeouts_s[array_position(kinds, j.kind)] * interval '1 second',
           newcomer = false
      from held h where h.due and j.organization_id = h.organization_id and j.id = h.id
    returning j.organization_id, j.project_id, j.id, j.kind, j.fence, j.attempt, j.max_attempts, j.args, j.attempt_deadline_at;
    if pg_stat_get_xact_tuples_returned('job_due'::regclass) + pg_stat_get_xact_tuples_returned('job_busy'::regclass) - before
       > 500 + 8 * free and (not resting or random() < 0.25) then
        perform rest_lines(pool_name, kinds, moment);
    end if;
end $$;
