-- Jobs that one request stops.

-- name: list_cancelable    open ones that nobody asked to cancel yet, the oldest first
select id
  from job
 where organization_id = :org
   and finished_at is null
   and cancelable
   and cancel_requested_at is null
   and not internal
   and kind = any(:kinds::text[])
   and coalesce(project_id = :project_id::uuid, true)
   and coalesce(stage = any(:stages::text[]), true)
   and coalesce(created_at >= :since::timestamptz, true)
   and coalesce(created_at < :until::timestamptz, true)
 order by id
 limit :limit;
