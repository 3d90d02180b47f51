-- Lines that rest: what a pull found that nothing can start from, the next pulls leap over. And newcomers, whom a pull finds
-- behind many lines that wait.

-- Stretches of `job_due` without a job that can start: behind a line (`after_`), before a place (`before_`). What lies there
-- is of tenants at their cap, overdue, of kinds that the worker doesn't know (`kinds` is a hash of those that it does),
-- or dead rows that somebody's snapshot keeps. Only pulls write here, under the lock of their pool. A hint that ends
-- by itself (`until`): so whatever no pull is told costs two seconds, never a job, such as the end of a job by a worker
-- that dies, an older release's workers, a retry that becomes due where nothing could start.
create table line_rest (
    pool            text not null,
    kinds           integer not null,
    after_org       uuid not null,
    after_internal  boolean not null,
    before_org      uuid not null,
    before_internal boolean not null,
    before_run_at   timestamptz not null,
    until           timestamptz not null,
    primary key (pool, kinds, after_org, after_internal)
) with (fillfactor = 20);

-- No running attempt of the pool began before `busy_since`, nor will one, whatever the clock does; no line rests after `rest_until`, and `crowded` says that the last pull
-- didn't come to all lines.
alter table pool add column busy_since timestamptz not null default '-infinity',
                 add column rest_until timestamptz not null default '-infinity',
                 add column crowded boolean not null default false;
create index job_busy on job (pool, organization_id, internal, attempt_started_at) where state = 'running';
drop index job_running;

-- A job that came to an empty line, until it is pulled.
alter table job add column newcomer boolean not null default false;
create index job_newcomer on job (pool, run_at desc) where newcomer and state = 'queued' and stage <> 'scheduled';

-- The lines of these tenants rest no more: a job of theirs has ended.
create function wake_lines(pool_name text, orgs uuid[]) returns void
language plpgsql volatile
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
as $$
declare
    org uuid;
begin
    foreach org in array orgs loop
        insert into line_rest
        select r.pool, r.kinds, org, false, r.before_org, r.before_internal, r.before_run_at, r.until
          from line_rest r
         where r.pool = pool_name
           and (r.after_org, r.after_internal) < (org, false) and (r.before_org, r.before_internal) > (org, false)
            on conflict do nothing;
        update line_rest r
           set before_org = org, before_internal = false, before_run_at = '-infinity'
         where r.pool = pool_name
           and (r.after_org, r.after_internal) < (org, false) and (r.before_org, r.before_internal) >= (org, false);
    end loop;
end $$;

-- What rests from the rotor on, up to 256 lines that don't: a stretch from each of those to the first job of the next one that
-- can start, over all lines between; the last one ends before the line that the walk stopped at. A place is never within the last two seconds, since jobs become visible
-- in another order than that of their times.
create function rest_lines(pool_name text, kinds text[], moment timestamptz) returns void
language plpgsql volatile
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
    first_id constant uuid := '00000000-0000-0000-0000-000000000000';
    last_org constant uuid := 'ffffffff-ffff-ffff-ffff-ffffffffffff';
    settled constant timestamptz := moment - interval '2 seconds';
    known constant integer := hashtext(kinds::text);
begin
    update pool p
       set busy_since = (select coalesce(min(j.attempt_started_at), greatest(moment, p.busy_since)) from job j
                          where j.pool = pool_name and j.state = 'running' and j.attempt_started_at >= p.busy_since),
           rest_until = moment + interval '2 seconds'
     where p.name = pool_name;
    delete from line_rest r where r.pool = pool_name and r.until <= moment;
    with recursive
    walk as (
        select p.rotor as org, p.rotor_internal as internal, false as rests, false as wrapped, 0 as turn, 0 as seen,
               null::timestamptz as place, null::timestamptz as until, p.busy_since, p.rotor, p.rotor_internal
          from pool p where p.name = pool_name
        union all
        select coalesce(head.org, first_id), coalesce(head.internal, false), line.rests, w.wrapped or head.org is null,
               w.turn + 1, w.seen + (not line.rests)::int, coalesce(start.run_at, head.run_at), rest.until,
               w.busy_since, w.rotor, w.rotor_internal
          from walk w
          left join lateral (
            select r.before_org, r.before_internal, r.before_run_at, r.until from line_rest r
             where r.pool = pool_name and r.kinds = known and (r.after_org, r.after_internal) <= (w.org, w.internal) and r.until > moment
             order by r.after_org desc, r.after_internal desc limit 1) rest on (rest.before_org, rest.before_internal) > (w.org, w.internal)
          left join lateral (
            select j.organization_id as org, j.internal, j.run_at, j.id from job j
             where j.pool = pool_name and j.state = 'queued' and j.stage <> 'scheduled'
               and (j.organization_id, j.internal, j.run_at)
                   >= (coalesce(rest.before_org, w.org), coalesce(rest.before_internal, w.internal), coalesce(rest.before_run_at, 'infinity'))
             order by j.organization_id, j.internal, j.run_at, j.id limit 1) head on true
          left join lateral (
            select j.run_at, j.id from job j
             where j.pool = pool_name and j.state = 'queued' and j.stage <> 'scheduled'
               and j.organization_id = head.org and j.internal = head.internal and j.run_at >= head.run_at
               and j.run_at <= moment and j.deadline_at > moment and j.kind = any (kinds)
             order by j.run_at, j.id limit 1) start on true
         cross join lateral (
            select coalesce(head.run_at <= moment
                            and (start.id is null
                                 or (not head.internal
                                     and exists (select from organization o join pool_cap c on c.tier = o.tier and c.pool = pool_name
                                                  where o.id = head.org
                                                    and c.max_running <= (select count(*) from job j
                                                                           where j.pool = pool_name and j.state = 'running'
                                                                             and j.organization_id = head.org and j.internal = head.internal
                                                                             and j.attempt_started_at >= w.busy_since)))), false) as rests
            offset 0) line
         where w.seen < 256
           and not (w.wrapped and (head.org is null or (head.org, head.internal) > (w.rotor, w.rotor_internal)))),
    ends as (
        select w.*, lead(w.turn) over (order by w.turn) is null as last, count(*) filter (where not w.rests) over (order by w.turn) as run
          from walk w),
    stretches as (
        select a.org as after_org, a.internal as after_internal,
               case when b.wrapped and not a.wrapped then last_org else b.org end as before_org,
               case when b.wrapped and not a.wrapped then true else b.internal end as before_internal,
               case when b.rests then '-infinity' else coalesce(least(b.place, settled), '-infinity') end as before_run_at,
               (select least(min(w.until), moment + interval '2 seconds') from ends w where w.turn > a.turn and w.turn <= b.turn) as until
          from ends a join ends b on b.run = a.run + 1 and not b.rests or b.run = a.run and b.rests and b.last
         where not a.rests),
    merged as (
        delete from line_rest r using stretches s
         where r.pool = pool_name and r.kinds = known
           and (r.after_org, r.after_internal) > (s.after_org, s.after_internal)
           and (r.after_org, r.after_internal) < (s.before_org, s.before_internal))
    insert into line_rest as r
    select pool_name, known, s.* from stretches s
        on conflict (pool, kinds, after_org, after_internal) do update
       set before_org = excluded.before_org, before_internal = excluded.before_internal,
           before_run_at = excluded.before_run_at, until = excluded.until;
end $$;

-- The jobs that came to an empty line within the last two seconds: newest first, since the older ones have had their chance,
-- and of those the ones whose tenants hold least; at most one in four of the free slots, or one. Caps and shares are the pull's.
create function pull_newcomers(pool_name text, owner uuid, free integer, kinds text[], timeouts_s double precision[],
                               moment timestamptz, since timestamptz)
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
        select case when exists (select from pool_cap c where c.pool = pool_name) then w.slots else 0 end as slots,
               (select sum(o.slots) from worker o where o.pool = pool_name and o.lease_expires_at > moment) as capacity
          from pool p, worker w
         where p.name = pool_name and not p.paused and w.id = owner and w.lease_expires_at > moment),
    able as (
        select f.organization_id, f.id, f.run_at, busy.held
          from fresh f
         cross join lateral (
            select o.tier,
                   case when o.live_organization_id is null
                        then (select array_agg(t.id) from organization t where t.live_organization_id = o.id) || o.id
                        else array[o.live_organization_id, o.id] end as members
              from organization o where o.id = f.organization_id
            offset 0) family
         cross join lateral (
            select count(*)::int as held,
                   (count(*) filter (where j.organization_id = f.organization_id and j.internal = f.internal))::int as running
              from job j
             where j.pool = pool_name and j.state = 'running' and j.organization_id = any (family.members) and j.attempt_started_at >= since
            offset 0) busy
         where not exists (select from fresh o where o.organization_id = any (family.members) and o.organization_id < f.organization_id)
           and (f.internal or not exists (select from pool_cap c
                                           where c.tier = family.tier and c.pool = pool_name and c.max_running <= busy.running))),
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
