-- revision 1
-- Open the next generation if the open one has this age; return 1 if so, else 0. It waits for open transactions, and others
-- wait for it, but at most a second.
create or replace function rotate_event_generation(age interval) returns integer
language plpgsql volatile
set lock_timeout = '1s'
as $$
declare
    opened integer;
begin
    perform pg_advisory_xact_lock(7204);
    select n + 1 into opened from event_generation where since <= now() - age;
    if opened is null then
        return 0;
    end if;
    perform make_event_leaf(opened);
    perform pg_advisory_xact_lock(7203);
    update event_generation set n = opened, since = now();
    return 1;
end $$;
