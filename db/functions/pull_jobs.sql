-- revision 2
-- Start up to `free` due jobs for one worker, in fair order, and return them.
-- Lock and pull are two statements, since a snapshot is older than a lock of its own statement. They are one function, so
-- that both are one round trip.
-- A line is the due jobs of one tenant in the pool. Internal jobs are a line of their own, without a cap.
-- The walk visits the lines after the rotor until 32 (or `free`) lines have room, or until more tenants without running
-- jobs than free slots. Each line is read no deeper than the level that fills all slots (`near`); only if some lines are
-- too short, the others are read further (`far`). So the cost depends neither on the number of waiting tenants nor on the
-- length of their lines.
-- A job's rank (`taken`) is the number of the tenant's running jobs plus its place over all lines of the tenant. The lowest
-- ranks start first, equal ranks in the rotor's order.
-- Share: a tenant gets another slot only while it holds a smaller part of the pool than is free at this worker. So one
-- tenant alone gets half of the slots, two get three quarters, and n tenants never the last slot. A tenant without running
-- jobs always gets a free slot. A tenant is a live organization with its sandbox, and its internal jobs count. In a pool
-- without caps `slots` is 0, and no share applies; the cap of suspended organizations doesn't count as a cap here.
-- The walk skips the ranges in `line_rest`. A pull that read many rows records the ranges for the next pulls
-- (`rest_lines`). `freed` are tenants with a job that ended at this worker since its last pull: their lines are walked
-- again, as are lines with a newcomer (`wake_lines`). A newcomer is a job that joined an empty line within two seconds.
-- If the last walk did not reach all lines (`crowded`), newcomers get one slot in four (`pull_newcomers`).
-- Plans: planned once a session, since a custom plan costs more than the pull. Never with a sequential scan or a join that
-- reads a whole table: such a plan, made while the table was small, would stay. `offset 0` keeps the planner from copying a
-- lateral into each place that reads it. Running jobs are counted one organization at a time: for `organization_id = any
-- (...)` PostgreSQL 15 makes a filter while the table has no statistics, and each line would read all running jobs. The
-- level is a fraction until it is rounded up: as an integer it would be 0 if more lines wait than slots are free. Pool and
-- worker are read before the main statement, since starting that statement takes longer than the check for newcomers.
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
    -- A newcomer gets one slot in four, at random if fewer are free.
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
