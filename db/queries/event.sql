-- name: make_days    how many had no table
select make_event_days(:first_day, :last_day);

-- name: drop_day    1 where there was one before that day
select drop_event_day(:before);

-- name: purge_events    a batch of a project's
with batch as (
  -- By the index, whose columns also say in which day's table each lies.
  select occurred_at, event_key
    from event
   where project_id = :project_id
   order by occurred_at, event_key
   limit :limit)
delete from event e
 using batch b
 where e.project_id = :project_id
   and e.occurred_at = b.occurred_at
   and e.event_key = b.event_key;
