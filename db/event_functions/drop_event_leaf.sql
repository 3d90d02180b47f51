-- revision 1
-- Drop the oldest leaf behind the `closed` generations that are still read; return 1 if so, else 0. Only names of leaves
-- are parsed as numbers: as a condition of the join, the cast could be applied to every table of the database.
create or replace function drop_event_leaf(closed integer) returns integer
language plpgsql volatile
set lock_timeout = '1s'
as $$
declare
    oldest integer;
begin
    perform pg_advisory_xact_lock(7204);
    with leaf as materialized (
        -- The number after `event_seen_`.
        select substr(c.relname, 12) as n
          from pg_inherits i
          join pg_class c on c.oid = i.inhrelid
         where i.inhparent = 'event_seen'::regclass)
    select min(n::int) into oldest
      from leaf
     where n::int < (select g.n - closed from event_generation g);
    if oldest is null then
        return 0;
    end if;
    execute format('drop table event_seen_%s', oldest);
    return 1;
end $$;
