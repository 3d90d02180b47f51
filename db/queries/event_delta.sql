-- name: purge_deltas    a project's; folds of them end first
delete from event_delta
 where project_id = :project_id;
