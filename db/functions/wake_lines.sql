-- revision 2
-- Cut the lines of these tenants out of the skip ranges, from `places` on: a job of the tenant has ended, or a job joined
-- an empty line. A range ends before the first of the tenants inside of it, and continues after each. If a range ends in a
-- tenant's own line, that line can start already.
create or replace function wake_lines(pool_name text, orgs uuid[], places timestamptz[]) returns void
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
