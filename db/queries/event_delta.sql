-- name: purge_deltas    Delete a project's deltas, after the folds under way.
delete from event_delta
 where project_id = :project_id;
