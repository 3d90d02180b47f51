-- revision 3
-- Claim up to `free` due jobs for one worker, in fair order, and return them. `turns` has the jobs of each kind in a tenant's turn.
--
-- 1. Lock the pool, so that caps are exact: each later statement has a snapshot younger than the lock.
-- 2. Visit lines behind the rotor, until the first turns of idle tenants fill the free slots, or until 32 lines (or `free`) have
--    room. A line is the due jobs of an organization. Internal jobs are a line of their own, without a cap. A tenant is a live
--    organization with its sandbox; an idle one has no running job. Room is the smaller rest of the organization's cap and of the
--    tenant's share. In a pool that reserves slots, a tenant's share is a smaller part of the pool than is free at this
--    worker.
-- 3. Read each visited line up to a height: the jobs that its tenant then holds. At the first height all lines fill the slots, if
--    none is too short. Else read higher, until the slots are full or nothing is left.
-- 4. Rank each job by the jobs that its tenant then holds. Equal ranks start in the rotor's order.
-- 5. Claim the first jobs, and turn the rotor to the last line among them.
-- 6. Forget the kinds of empty lines. Let the lines of many organizations at their cap rest. After an expensive pull note where
--    the visited lines begin. A rest or a note lasts two seconds: a change that no pull sees is found then.
--
-- If the last pull left lines unvisited (`crowded`), visit newcomers first, for one slot in four. They don't turn the rotor. A
-- newcomer is a job that joined an empty line within two seconds. `freed` are organizations with a job that ended at this worker
-- since its last pull: their lines rest no longer.
--
-- Planned once a session, never with a scan of a whole table: such a plan, made while the table was small, would stay. `offset 0`
-- keeps the planner from copying a lateral into each place that reads it. Running jobs are counted one organization at a time:
-- for `organization_id = any (...)` PostgreSQL 15 without statistics reads the jobs of all.
create or replace function claim_jobs(pool_name text, owner uuid, free integer, kinds text[], timeouts_s double precision[],
                                      turns integer[], freed uuid[])
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
    seat record;
    welcome integer;
    visit cursor for
        select q.*, family.tenant, own.held + others.held as held, first_turn.jobs,
               case when q.internal then free
                    else coalesce(seat.caps[array_position(seat.tiers, family.tier)] - own.running, free) end as cap_room
          from (select * from (
                    select true as is_newcomer, j.organization_id as org, j.internal, 1 as turn_jobs, '-infinity'::timestamptz as read_from
                      from job j
                     where welcome > 0 and j.pool = pool_name and j.state = 'queued' and j.stage <> 'scheduled' and j.newcomer
                       and j.run_at <= moment and j.run_at > moment - interval '2 seconds' and j.kind = any (kinds)
                     order by j.run_at desc limit welcome) newcomers
                union all
                select * from (
                    select false, k.organization_id, k.internal, min(turns[array_position(kinds, k.kind)]),
                           min(case when k.read_from_until > moment then k.read_from else '-infinity' end)
                      from queued_kind k
                     where k.pool = pool_name and k.rest_until is null and k.kind = any (kinds)
                       and (k.organization_id, k.internal) > (seat.rotor, seat.rotor_internal)
                     group by k.organization_id, k.internal order by k.organization_id, k.internal) behind_rotor
                union all
                select * from (
                    select false, k.organization_id, k.internal, min(turns[array_position(kinds, k.kind)]),
                           min(case when k.read_from_until > moment then k.read_from else '-infinity' end)
                      from queued_kind k
                     where k.pool = pool_name and k.rest_until is null and k.kind = any (kinds)
                       and (k.organization_id, k.internal) <= (seat.rotor, seat.rotor_internal)
                     group by k.organization_id, k.internal order by k.organization_id, k.internal) from_start) q
         cross join lateral (
            select o.tier, coalesce(o.live_organization_id, o.id) as tenant,
                   coalesce(o.live_organization_id, (select s.id from organization s where s.live_organization_id = o.id)) as other
              from organization o where o.id = q.org
            offset 0) family
         cross join lateral (
            select count(*)::int as held, (count(*) filter (where j.internal = q.internal))::int as running from job j
             where j.pool = pool_name and j.state = 'running' and j.organization_id = q.org and j.attempt_started_at >= seat.busy_since
            offset 0) own
         cross join lateral (
            select count(*)::int as held from job j
             where j.pool = pool_name and j.state = 'running' and j.organization_id = family.other and j.attempt_started_at >= seat.busy_since
            offset 0) others
         cross join lateral (
            select count(*)::int as jobs
              from (select from job j
                     where j.pool = pool_name and j.state = 'queued' and j.stage <> 'scheduled'
                       and j.organization_id = q.org and j.internal = q.internal and j.run_at >= q.read_from
                       and j.run_at <= moment and j.deadline_at > moment and j.kind = any (kinds)
                     order by j.run_at, j.id limit q.turn_jobs) j
            offset 0) first_turn;
    share_room integer;
    room integer;
    lines visited_line[] := '{}';
    orgs uuid[] := '{}';
    newcomers text[] := '{}';
    capped uuid[] := '{}';
    empty uuid[] := '{}';
    idle_jobs integer := 0;
    has_unvisited boolean := false;
    lowest integer;
    highest integer;
    height integer;
    chosen record;
    due_reads bigint;
    busy_reads bigint;
begin
    if free < 1 then
        return;
    end if;
    perform pg_advisory_xact_lock(72, hashtext(pool_name));
    moment := clock_timestamp();
    select p.busy_since, p.rotor, p.rotor_internal, p.crowded, c.tiers, c.caps, case when p.reserves_slots then w.slots else 0 end as slots,
           (select sum(o.slots) from worker o where o.pool = pool_name and o.lease_expires_at > moment) as capacity,
           exists (select from queued_kind k where k.pool = pool_name and k.rest_until is not null) as has_rests
      into seat
      from pool p, worker w,
           (select array_agg(c.tier) as tiers, array_agg(c.max_running) as caps from pool_cap c where c.pool = pool_name) c
     where p.name = pool_name and not p.paused and w.id = owner and w.lease_expires_at > moment;
    if not found then
        return;
    end if;
    if seat.has_rests then
        update queued_kind k set rest_until = null where k.pool = pool_name and k.organization_id = any (freed) and k.rest_until is not null;
        update queued_kind k set rest_until = null
          from (select r.organization_id, r.internal, r.kind from queued_kind r
                 where r.pool = pool_name and r.rest_until <= moment order by r.rest_until limit 512) r
         where k.pool = pool_name and k.organization_id = r.organization_id and k.internal = r.internal and k.kind = r.kind;
    end if;
    due_reads := pg_stat_get_xact_tuples_returned('job_due'::regclass);
    busy_reads := pg_stat_get_xact_tuples_returned('job_busy'::regclass);

    welcome := case when not seat.crowded then 0 when free >= 4 then free / 4 when random() < free / 4.0 then 1 else 0 end;
    for line in visit loop
        continue when line.org::text || line.internal::text = any (newcomers);
        if line.cap_room < 1 then
            capped := capped || line.org;
        elsif line.jobs = 0 then
            empty := empty || line.org;
        else
            share_room := case when seat.slots = 0 then free else ceil(free * seat.capacity::float8 / seat.slots)::int - line.held end;
            continue when share_room < 1;
            room := least(free, line.cap_room, share_room);
            if line.held = 0 and line.tenant = line.org and line.org <> all (orgs) then
                idle_jobs := idle_jobs + least(line.jobs, room);
            end if;
            if line.is_newcomer then
                newcomers := newcomers || (line.org::text || line.internal::text);
            end if;
            orgs := orgs || line.org;
            lines := lines || row(line.org, line.internal, line.tenant, line.read_from, line.held, room)::visited_line;
            lowest := least(lowest, line.held);
            highest := greatest(highest, line.held);
            has_unvisited := idle_jobs > free or cardinality(lines) >= greatest(32, free);
            exit when has_unvisited;
        end if;
    end loop;

    if cardinality(lines) > 0 then
        height := lowest + ceil(free::float8 / cardinality(lines));
        loop
            with found as (
                select l.org, l.place, j.id, j.place = d.depth and d.depth < l.room as is_cut,
                       l.held + row_number() over (partition by l.tenant order by j.place, l.place) as rank
                  from unnest(lines) with ordinality as l (org, internal, tenant, read_from, held, room, place)
                 cross join lateral (select least(l.room, greatest(0, height - l.held)) as depth) d
                 cross join lateral (
                    select j.id, row_number() over (order by j.run_at, j.id) as place from job j
                     where j.pool = pool_name and j.state = 'queued' and j.stage <> 'scheduled'
                       and j.organization_id = l.org and j.internal = l.internal and j.run_at >= l.read_from
                       and j.run_at <= moment and j.deadline_at > moment and j.kind = any (kinds)
                     order by j.run_at, j.id limit d.depth) j),
            ranked as (
                select f.*, row_number() over (order by f.rank, f.place) as number from found f),
            judged as (
                select r.*, r.number <= free and (r.rank - 1) * seat.slots < (free - r.number + 1) * seat.capacity as starts from ranked r)
            select array_agg(j.org) filter (where j.starts) as orgs, array_agg(j.id) filter (where j.starts) as ids,
                   max(j.place) filter (where j.starts and j.place > cardinality(newcomers)) as last_place,
                   coalesce(bool_or(j.is_cut), false) as is_cut, count(*) filter (where j.starts) >= free as is_full,
                   count(*) filter (where j.starts and j.rank <= height) >= free as is_final
              into chosen from judged j;
            exit when chosen.is_final or not chosen.is_cut and height > highest;
            height := 2 * height + 1;
        end loop;

        return query
        with locked as materialized (
            select j.organization_id, j.id, j.state = 'queued' and j.stage <> 'scheduled' and j.run_at <= moment and j.deadline_at > moment as is_due
              from unnest(chosen.orgs, chosen.ids) as c (org, id) join job j on j.organization_id = c.org and j.id = c.id
               for no key update of j skip locked)
        update job j
           set state = 'running', stage = 'starting', state_version = j.state_version + 1,
               lease_owner = owner, fence = j.fence + 1, attempt = j.attempt + 1,
               started_at = coalesce(j.started_at, moment), attempt_started_at = greatest(moment, seat.busy_since),
               attempt_deadline_at = moment + timeouts_s[array_position(kinds, j.kind)] * interval '1 second',
               newcomer = false
          from locked l where l.is_due and j.organization_id = l.organization_id and j.id = l.id
        returning j.organization_id, j.project_id, j.id, j.kind, j.fence, j.attempt, j.max_attempts, j.args, j.attempt_deadline_at;
        if seat.crowded or has_unvisited or chosen.is_full then
            update pool p
               set rotor = coalesce(lines[chosen.last_place].org, p.rotor), crowded = has_unvisited,
                   rotor_internal = coalesce(lines[chosen.last_place].internal, p.rotor_internal)
             where p.name = pool_name;
        end if;
    end if;

    if cardinality(empty) > 16 then
        perform forget_queued_kinds(pool_name, empty[:512]);
    end if;
    if cardinality(capped) > 16 then
        update queued_kind k set rest_until = moment + interval '2 seconds'
         where k.pool = pool_name and k.organization_id = any (capped) and not k.internal and k.rest_until is null;
    end if;
    if pg_stat_get_xact_tuples_returned('job_busy'::regclass) - busy_reads > 500 + 8 * free then
        -- `rest_until` is the end of this note.
        update pool p
           set rest_until = moment + interval '2 seconds',
               busy_since = (select coalesce(min(j.attempt_started_at), greatest(moment, p.busy_since)) from job j
                              where j.pool = pool_name and j.state = 'running' and j.attempt_started_at >= p.busy_since)
         where p.name = pool_name and p.rest_until <= moment;
    end if;
    if pg_stat_get_xact_tuples_returned('job_due'::regclass) - due_reads > 500 + 8 * free then
        update queued_kind k set read_from = least(first.run_at, moment - interval '2 seconds'), read_from_until = moment + interval '2 seconds'
          from unnest(lines) l
         cross join lateral (
            select j.run_at from job j
             where j.pool = pool_name and j.state = 'queued' and j.stage <> 'scheduled'
               and j.organization_id = l.org and j.internal = l.internal and j.run_at >= l.read_from and j.kind = any (kinds)
             order by j.run_at limit 1) first
         where k.pool = pool_name and k.organization_id = l.org and k.internal = l.internal and k.kind = any (kinds)
           and k.read_from_until <= moment;
    end if;
end $$;
