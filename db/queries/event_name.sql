-- name: purge_names    Delete a project's names and their number.
with deleted_count as (
  delete from event_name_count
   where project_id = :project_id)
delete from event_name
 where project_id = :project_id;
