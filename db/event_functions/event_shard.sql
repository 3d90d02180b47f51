-- revision 1
-- Return the shard of a project's deltas, 0 to 15: the last hex digit of its id. Indexes contain it, so it never changes.
create or replace function event_shard(project_id uuid) returns integer
language sql immutable parallel safe
return get_byte(uuid_send(project_id), 15) & 15;
