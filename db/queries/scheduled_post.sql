-- name: get_post    `schedule_passed`: approved, but not before its time
select p.*, p.status = 'blocked' and c.approval_status in ('approved', 'not_required') as schedule_passed
  from scheduled_post p join content_item c on c.organization_id = p.organization_id and c.id = p.content_id
 where p.organization_id = :org and p.id = :id;
