-- revision 1
-- Drop the oldest day's table, if the day is before `before`; return 1 if so, else 0.
create or replace function drop_event_day(before date) returns integer
language plpgsql volatile
set lock_timeout = '1s'
as $$
declare
    oldest text;
begin
    perform pg_advisory_xact_lock(7204);
    select c.relname into oldest
      from pg_inherits i
      join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'event'::regclass
       and c.relname < 'event_' || to_char(before, 'YYYYMMDD')
     order by c.relname
     limit 1;
    if oldest is null then
        return 0;
    end if;
    execute format('drop table %I', oldest);
    return 1;
end $$;
