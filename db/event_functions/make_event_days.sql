-- revision 1
-- Create the tables of these days; return the number of new ones. Each is created first and attached then, so that no
-- reader or writer waits.
create or replace function make_event_days(first_day date, last_day date) returns integer
language plpgsql volatile
set lock_timeout = '1s'
as $$
declare
    day  date;
    leaf text;
    made integer := 0;
begin
    perform pg_advisory_xact_lock(7204);
    for day in select first_day + i from generate_series(0, last_day - first_day) i
    loop
        leaf := 'event_' || to_char(day, 'YYYYMMDD');
        if to_regclass(leaf) is null then
            execute format('create table %I (like event including defaults) with (autovacuum_vacuum_insert_threshold = -1)', leaf);
            execute format('alter table event attach partition %I for values from (%L) to (%L)',
                           leaf, day || ' 00:00+00', day + 1 || ' 00:00+00');
            made := made + 1;
        end if;
    end loop;
    return made;
end $$;
