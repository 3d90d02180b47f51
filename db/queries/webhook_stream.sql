-- name: listen
-- Record the events of organizations for a time, and keep or reset the start of the recording.
insert into webhook_endpoint as e (organization_id, id, status, events, expires_at)
select o.id, o.id, 'listening', '{*}', now() + :keep::interval
  from unnest(:orgs::uuid[]) o(id)
 order by o.id
    on conflict (organization_id, id) do update
   set created_at = case when e.expires_at > now() then e.created_at else now() end,
       expires_at = excluded.expires_at
 where e.expires_at < now() + :rest::interval;

-- name: get_since    Return the time since which all events of an organization are recorded.
select created_at
  from webhook_endpoint
 where organization_id = :org
   and id = :org;

-- name: find_end    Return the snapshot of all committed transactions.
select pg_current_snapshot()::text;

-- name: find_transaction
-- Return the first transaction that may follow an end; null: the end is of another server.
select case when pg_snapshot_xmax(:seen::text::pg_snapshot) <= pg_snapshot_xmax(pg_current_snapshot())
            then pg_snapshot_xmin(:seen::text::pg_snapshot)::text end;

-- name: find_event
-- Return an event's transaction; null: it is of another server that the database was copied from.
select case when xid < pg_snapshot_xmax(pg_current_snapshot()) then xid::text end
  from webhook_event
 where organization_id = :org
   and id = :id;

-- name: find_heads    Return the last event of each organization that no earlier event can still precede.
select o.id as organization_id, h.xid, h.id
  from unnest(:orgs::uuid[]) o(id)
 cross join lateral (
         select xid::text, id
           from webhook_event
          where organization_id = o.id
            and xid < pg_snapshot_xmin(pg_current_snapshot())
          order by webhook_event.xid desc, id desc
          limit 1) h;

-- name: read_events    Return the next events after a position that no earlier event can still precede.
select xid::text, id, type, project_id
  from webhook_event
 where organization_id = :org
   and (xid, id) > (:xid::text::xid8, :id::uuid)
   and xid < pg_snapshot_xmin(pg_current_snapshot())
   and (:seen::text is null or not pg_visible_in_snapshot(xid, :seen::text::pg_snapshot))
 order by webhook_event.xid, id
 limit :limit;
