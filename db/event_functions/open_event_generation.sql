-- revision 1
-- Return the open generation, and keep it open until the end of this transaction: a rotation waits for it.
-- The lock comes first, and the read has a younger snapshot, since a volatile function takes one for each statement. In a
-- single statement, a caller that waited for a rotation would read the generation before it, and treat ids of its new leaf
-- as new.
create or replace function open_event_generation() returns integer
language plpgsql volatile
as $$
begin
    perform pg_advisory_xact_lock_shared(7203);
    return (select n from event_generation);
end $$;
