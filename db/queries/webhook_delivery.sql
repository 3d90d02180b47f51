-- part: delivery    A delivery for its owner.
d.id, d.endpoint_id, d.event_id, d.type, d.status, d.attempts, d.next_at, d.attempted_at, d.http_status,
       d.error_code, d.replay_of, d.created_at, d.ended_at

-- name: get_delivery    Return a delivery of an endpoint that isn't deleted.
select {delivery}
  from webhook_delivery d
  join webhook_endpoint e on e.organization_id = d.organization_id and e.id = d.endpoint_id
 where d.organization_id = :org
   and d.id = :id
   and e.deleted_at is null;

-- name: find_delivery    Return the last delivery of an event to an endpoint.
select {delivery}
  from webhook_delivery d
 where d.organization_id = :org
   and d.event_id = :event_id
   and d.endpoint_id = :endpoint_id
 order by d.id desc
 limit 1;

-- part: page    Remaining filters of each search of a page.
and id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      and coalesce(type = any(:types::text[]), true)
    order by id desc
    limit :limit

-- name: list_deliveries    Return the deliveries of an endpoint, newest first.
with found as (
  -- Only the matching search runs. Most deliveries are delivered, so these are searched among all.
  (select *
     from webhook_delivery
    where organization_id = :org
      and endpoint_id = :endpoint_id
      and coalesce(:status::text, 'delivered') = 'delivered'
      and coalesce(status = :status, true)
      {page})
  union all
  (select *
     from webhook_delivery
    where organization_id = :org
      and endpoint_id = :endpoint_id
      and status = :status
      and coalesce(status <> 'delivered', true)
      {page}))
select {delivery}
  from found d
 order by d.id desc;

-- name: make_delivery_due    Make a pending delivery due now. No row: it isn't pending.
update webhook_delivery
   set next_at = now()
 where organization_id = :org
   and id = :id
   and status = 'pending'
returning id;

-- name: repeat_delivery    Insert another delivery of the same event to the same endpoint.
insert into webhook_delivery (organization_id, endpoint_id, event_id, id, type, replay_of)
select organization_id, endpoint_id, event_id, new_uuid(), type, id
  from webhook_delivery
 where organization_id = :org
   and id = :id
returning id;

-- name: repeat_events
-- Insert deliveries of past events of an endpoint's types and project, since a time, the oldest first.
with scanned_events as materialized (
  -- Events of the endpoint, up to the limit of a scan.
  select v.id, v.type, e.id as endpoint_id
    from webhook_endpoint e
    join webhook_event v on v.organization_id = e.organization_id
   where e.organization_id = :org
     and e.id = :endpoint_id
     and v.id >= :from_id
     and (e.project_id is null or e.project_id = v.project_id)
     and e.events && array[v.type, '*']
     and v.type <> 'test.ping'
   order by v.id
   limit :most_seen),
events_to_repeat as materialized (
  -- Events without a delivery under way, each with its last delivery.
  select s.id, s.type, d.id as replay_of
    from scanned_events s
    left join lateral (
      select d.id, d.status
        from webhook_delivery d
       where d.organization_id = :org
         and d.event_id = s.id
         and d.endpoint_id = s.endpoint_id
       order by d.id desc
       limit 1) d on true
   where d.id is null
      or d.status in ('failed', 'abandoned')
      or d.status = 'delivered' and :include_delivered
   order by s.id
   limit :most_made),
new_deliveries as (
  insert into webhook_delivery (organization_id, endpoint_id, event_id, id, type, replay_of)
  select :org, :endpoint_id, w.id, new_uuid(), w.type, w.replay_of
    from events_to_repeat w
  returning id)
select (select count(*) from new_deliveries)::int as deliveries,
       case when (select count(*) from events_to_repeat) = :most_made
            then (select id from events_to_repeat order by id desc limit 1)
            when (select count(*) from scanned_events) = :most_seen
            then (select id from scanned_events order by id desc limit 1)
             end as last_id;
