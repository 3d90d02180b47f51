-- name: emit_event    the event's id; null: nobody wants it
select emit_webhook_event(:org, :project_id, :type, :object_id, :told_only, :about);

-- name: list_events    newest first
select id, project_id, type, created_at
  from webhook_event
 where organization_id = :org
   and (:project_id::uuid is null or project_id = :project_id)
   and (:types::text[] is null or type = any(:types))
   and (:before::uuid is null or id < :before)
 order by id desc
 limit :limit;

-- name: get_body    null: nobody has needed it yet
select body
  from webhook_event
 where organization_id = :org
   and id = :id;

-- name: lock_events    to render them, each with the number of that rendering
select id, project_id, type, object_id, created_at, body, nextval('webhook_version') as next_version
  from webhook_event
 where organization_id = :org
   and id = any(:ids::uuid[])
 order by id
   for no key update;

-- name: keep_bodies
update webhook_event v
   set body = r.body
  from unnest(:ids::uuid[], :bodies::bytea[]) as r (id, body)
 where v.organization_id = :org
   and v.id = r.id;

-- name: prune_events    with their deliveries, by each tenant's primary key
with old as materialized (
  -- A batch. An organization that has had no endpoint has no event.
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
  -- What became of them.
  delete from webhook_delivery d
   using old
   where d.organization_id = old.organization_id
     and d.event_id = old.id)
delete from webhook_event v
 using old
 where v.organization_id = old.organization_id
   and v.id = old.id;

-- name: prune_endpoints    deleted, or no longer listening, for so long that nothing names them
with old as (
  -- A batch.
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
 using old
 where e.organization_id = old.organization_id
   and e.id = old.id;

-- name: purge_events    a batch of a project's, with their deliveries
with events as materialized (
  -- The batch.
  select id
    from webhook_event
   where organization_id = :org
     and project_id = :project_id
   order by id
   limit :limit),
deliveries as (
  -- What became of them.
  delete from webhook_delivery
   where organization_id = :org
     and event_id in (select id from events))
delete from webhook_event
 where organization_id = :org
   and id in (select id from events);
