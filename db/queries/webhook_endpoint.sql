-- part: endpoint    one as its owner sees it
e.id, e.project_id, e.url, e.events, e.description, e.metadata, e.status, e.disabled_reason,
       e.consecutive_failures, e.failing_since,
       (select max(s.expires_at)
          from webhook_secret s
         where s.organization_id = e.organization_id
           and s.endpoint_id = e.id
           and s.expires_at > now()) as secret_overlap_until,
       e.created_at, e.updated_at, e.version

-- name: lock_organization    whoever makes an endpoint holds it, so that they are counted one after the other
select id
  from organization
 where id = :org
   for no key update;

-- name: count_endpoints
select count(*)::int
  from webhook_endpoint
 where organization_id = :org
   and url is not null
   and deleted_at is null;

-- name: insert_endpoint
insert into webhook_endpoint (organization_id, project_id, id, url, events, description, metadata)
values (:org, :project_id, :id, :url, :events, :description, :metadata);

-- name: get_endpoint
select {endpoint}
  from webhook_endpoint e
 where e.organization_id = :org
   and e.id = :id
   and e.url is not null
   and e.deleted_at is null;

-- name: lock_endpoint    nobody else changes it in this transaction; deliveries may count their tries
select version
  from webhook_endpoint
 where organization_id = :org
   and id = :id
   and url is not null
   and deleted_at is null
   for no key update;

-- name: list_endpoints    newest first
select {endpoint}
  from webhook_endpoint e
 where e.organization_id = :org
   and e.url is not null
   and e.deleted_at is null
   and (:project_id::uuid is null or e.project_id = :project_id)
   and (:statuses::text[] is null or e.status = any(:statuses))
   and (:before::uuid is null or e.id < :before)
 order by e.id desc
 limit :limit;

-- part: goes_on    at the address that it had, and nobody takes it up again: it keeps its failures
url = :url and (status = :status::text or status = 'active')

-- name: update_endpoint    with another address or status it does not rest
update webhook_endpoint
   set url = :url, events = :events, description = :description, metadata = :metadata, status = :status,
       disabled_reason = case when :status = 'disabled' then disabled_reason end,
       consecutive_failures = case when {goes_on} then consecutive_failures else 0 end,
       failing_since = case when {goes_on} then failing_since end,
       retry_at = case when (url, status) = (:url, :status) then retry_at end,
       version = version + 1, updated_at = now()
 where organization_id = :org
   and id = :id;

-- name: touch_endpoint    something that hangs on it has changed
update webhook_endpoint
   set version = version + 1, updated_at = now()
 where organization_id = :org
   and id = :id;

-- name: delete_endpoint    with its secrets; the row stays as long as deliveries name it
with secrets as (
  -- What it was signed with.
  delete from webhook_secret
   where organization_id = :org
     and endpoint_id = :id)
update webhook_endpoint
   set deleted_at = now(), version = version + 1, updated_at = now()
 where organization_id = :org
   and id = :id
returning deleted_at;

-- name: purge_endpoints    of a project    with their secrets
delete from webhook_endpoint
 where organization_id = :org
   and project_id = :project_id;
