-- `pull_jobs` as before (0008_keep_slots_free.sql), but for lines that rest and for newcomers. `freed`: tenants of whom a job
-- has ended at this worker since its last pull. The walk leaps over what rests, and a pull that read much notes what
-- rests for the next ones. Where a walk doesn't come to all lines, newcomers are looked for first.
create function pull_jobs(pool_name text, owner uuid, free integer, kinds text[], timeouts_s double precision[], freed uuid[])
returns table (organization_id uuid, project_id uuid, id uuid, kind text, fence bigint, attempt integer, max_attempts integer,
               args jsonb, attempt_deadline_at timestamptz)
language plpgsql volatile
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
    moment timestamptz;
    since timestamptz;
    resting boolean;
    is_crowded boolean;
    known constant integer := hashtext(kinds::text);
    began integer := 0;
    before bigint;
begin
    if free < 1 then
        return;
    end if;
    perform pg_advisory_xact_lock(72, hashtext(pool_name));
    moment := clock_timestamp();
    select p.busy_since, p.rest_until > moment, p.crowded
      into since, resting, is_crowded
      from pool p where p.name = pool_name;
    if resting then
        perform wake_lines(pool_name, freed);
    end if;
    -- A newcomer gets one slot in four, chance by chance where fewer are free.
    if (resting or is_crowded) and (free >= 4 or not is_crowded or random() < free / 4.0) then
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
    seat as materialized (
        select p.rotor, p.rotor_internal,
               case when exists (select from pool_cap c where c.pool = pool_name) then w.slots else 0 end as slots,
               (select sum(o.slots) from worker o where o.pool = pool_name and o.lease_expires_at > moment) as capacity
          from pool p, worker w
         where p.name = pool_name and not p.paused and w.id = owner and w.lease_expires_at > moment),
    walk as (
        select s.rotor as org, s.rotor_internal as internal, false as wrapped, 0 as turn, 0 as seen, 0 as room, 0 as held, s.rotor as tenant,
               moment as place
          from seat s
        union all
        select coalesce(head.org, '00000000-0000-0000-0000-000000000000'), coalesce(head.internal, false),
               w.wrapped or head.org is null, w.turn + 1, w.seen + (line.room > 0)::int, line.room, busy.held, family.tenant,
               head.run_at
          from walk w
         cross join seat s
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
                   case when o.live_organization_id is null
                        then (select array_agg(t.id) from organization t where t.live_organization_id = o.id) || o.id
                        else array[o.live_organization_id, o.id] end as members
              from organization o where o.id = head.org
            offset 0) family on true
         cross join lateral (
            select count(*)::int as held,
                   (count(*) filter (where j.organization_id = head.org and j.internal = head.internal))::int as running
              from job j
             where j.pool = pool_name and j.state = 'running' and j.organization_id = any (family.members) and j.attempt_started_at >= since
            offset 0) busy
         cross join lateral (
            select case when head.run_at <= moment and busy.held * s.slots < free * s.capacity
                         and (head.deadline_at > moment and head.kind = any (kinds)
                              or exists (select from job j
                                          where j.pool = pool_name and j.state = 'queued' and j.stage <> 'scheduled'
                                            and j.organization_id = head.org and j.internal = head.internal and j.run_at >= head.run_at
                                            and j.run_at <= moment and j.deadline_at > moment and j.kind = any (kinds)))
                        then least(free, coalesce((select c.max_running from pool_cap c
                                                    where c.tier = family.tier and c.pool = pool_name and not head.internal) - busy.running, free))
                        else 0 end as room
            offset 0) line
         where w.seen < greatest(free, 32)
           and not (w.wrapped and (head.org is null or (head.org, head.internal) > (s.rotor, s.rotor_internal)))),
    level as materialized (
        select ceil(min((free + risen) / lines)) as height
          from (select sum(w.held) over ordered as risen, row_number() over ordered as lines
                  from walk w where w.room > 0 window ordered as (order by w.held, w.turn)) w),
    near as materialized (
        select w.org, w.internal, w.turn, w.tenant, w.held, j.id, w.held + row_number() over (partition by w.turn order by j.run_at, j.id) as rank
          from walk w
         cross join lateral (
            select j.id, j.run_at from job j
             where j.pool = pool_name and j.state = 'queued' and j.stage <> 'scheduled'
               and j.organization_id = w.org and j.internal = w.internal and j.run_at >= w.place
               and j.run_at <= moment and j.deadline_at > moment and j.kind = any (kinds)
             order by j.run_at, j.id limit least(w.room, (select l.height from level l) - w.held)) j
         where w.room > 0 and w.held < (select l.height from level l)),
    far as (
        select w.org, w.internal, w.turn, w.tenant, w.held, j.id,
               greatest(w.held, l.height) + row_number() over (partition by w.turn order by j.run_at, j.id) as rank
          from walk w cross join level l
         cross join lateral (
            select j.id, j.run_at from job j
             where j.pool = pool_name and j.state = 'queued' and j.stage <> 'scheduled'
               and j.organization_id = w.org and j.internal = w.internal and j.run_at >= w.place
               and j.run_at <= moment and j.deadline_at > moment and j.kind = any (kinds)
             order by j.run_at, j.id
            offset greatest(0, l.height - w.held) limit w.room - greatest(0, l.height - w.held)) j
         where w.room > greatest(0, l.height - w.held) and (select count(*) from near) < free),
    ranked as (
        select line.*, line.held + row_number() over (partition by line.tenant order by line.rank, line.turn) as taken
          from (select * from near union all select * from far) line),
    chosen as materialized (
        select line.*
          from (select r.*, row_number() over (order by r.taken, r.turn) as place from ranked r) line cross join seat s
         where (line.taken - 1) * s.slots < (free - line.place + 1) * s.capacity
         order by line.place limit free),
    held as materialized (
        select j.organization_id, j.id, j.state = 'queued' and j.stage <> 'scheduled' and j.run_at <= moment and j.deadline_at > moment as due
          from chosen c join job j on j.organization_id = c.org and j.id = c.id
           for no key update of j skip locked),
    turned as (
        update pool p set rotor = c.org, rotor_internal = c.internal, crowded = (select max(w.seen) from walk w) >= greatest(free, 32)
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

-- What an older release's workers call.
create or replace function pull_jobs(pool_name text, owner uuid, free integer, kinds text[], timeouts_s double precision[])
returns table (organization_id uuid, project_id uuid, id uuid, kind text, fence bigint, attempt integer, max_attempts integer,
               args jsonb, attempt_deadline_at timestamptz)
language sql volatile
as $$
    select * from pull_jobs(pool_name, owner, free, kinds, timeouts_s, '{}');
$$;
