-- revision 1
-- Record skip ranges from the rotor on, up to 256 lines that can start: a range from each of them to the first startable
-- job of the next one, over all lines between. The last range ends before the line at which the walk stopped. A place is
-- never within the last two seconds, since jobs become visible in another order than that of their times.
create or replace function rest_lines(pool_name text, kinds text[], moment timestamptz) returns void
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
