-- name: lock_names    until the transaction ends: one gives them their places at a time
select pg_advisory_xact_lock(7210);

-- name: purge_names    a project's
with counted as (
  -- How many there are.
  delete from event_name_count
   where project_id = :project_id)
delete from event_name
 where project_id = :project_id;
