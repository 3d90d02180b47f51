-- name: emit_event    Insert an event and return its id; null: it has no subscriber.
select emit_webhook_event(:org, :project_id, :type, :object_id, :told_only, :about);

-- name: list_events    Return an organization's events, newest first.
select id, project_id, type, created_at
  from webhook_event
 where organization_id = :org
   and (:project_id::uuid is null or project_id = :project_id)
   and (:types::text[] is null or type = any(:types))
   and (:before::uuid is null or id < :before)
 order by id desc
 limit :limit;

-- name: get_body    Return the body of an event; null: it isn't rendered yet.
select body
  from webhook_event
 where organization_id = :org
   and id = :id;

-- name: lock_events    Lock events for rendering, each with a new version number.
select id, project_id, type, object_id, created_at, body, nextval('webhook_version') as next_version
  from webhook_event
 where organization_id = :org
   and id = any(:ids::uuid[])
 order by id
   for no key update;

-- name: keep_bodies    Store rendered bodies.
update webhook_event v
   set body = r.body
  from unnest(:ids::uuid[], :bodies::bytea[]) as r (id, body)
 where v.organization_id = :org
   and v.id = r.id;

-- name: prune_events    Delete a batch of expired events with their deliveries, by each tenant's primary key.
with expired_events as materialized (
  -- An organization that never had an endpoint has no event.
  select v.organization_id, v.id
    from (select distinct organization_id from webhook_endpoint) e
   cross join lateral (
           select organization_id, id
             from webhook_event
            where organization_id = e.organization_id
              and id < :before
            order by id
            limit :limit) v
   limit :limit),
deliveries as (
  delete from webhook_delivery d
   using expired_events
   where d.organization_id = expired_events.organization_id
     and d.event_id = expired_events.id)
delete from webhook_event v
 using expired_events
 where v.organization_id = expired_events.organization_id
   and v.id = expired_events.id;

-- name: prune_endpoints    Delete a batch of endpoints that ended so long ago that no row refers to them.
with ended_endpoints as (
  select e.organization_id, e.id
    from webhook_endpoint e
   where coalesce(e.deleted_at, e.expires_at) < now() - :keep::interval - interval '1 day'
     and not exists (
           select
             from webhook_delivery d
            where d.organization_id = e.organization_id
              and d.endpoint_id = e.id)
   limit :limit)
delete from webhook_endpoint e
 using ended_endpoints
 where e.organization_id = ended_endpoints.organization_id
   and e.id = ended_endpoints.id;

-- name: purge_events    Delete a batch of a project's events with their deliveries.
with events as materialized (
  select id
    from webhook_event
   where organization_id = :org
     and project_id = :project_id
   order by id
   limit :limit),
deliveries as (
  delete from webhook_delivery
   where organization_id = :org
     and event_id in (select id from events))
delete from webhook_event
 where organization_id = :org
   and id in (select id from events);
