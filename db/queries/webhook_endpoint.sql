-- part: endpoint    An endpoint for its owner.
e.id, e.project_id, e.url, e.events, e.description, e.metadata, e.status, e.disabled_reason,
       e.consecutive_failures, e.failing_since,
       (select max(s.expires_at)
          from webhook_secret s
         where s.organization_id = e.organization_id
           and s.endpoint_id = e.id
           and s.expires_at > now()) as secret_overlap_until,
       e.created_at, e.updated_at, e.version

-- name: lock_organization    Lock an organization, which serializes the creation of its endpoints.
select id
  from organization
 where id = :org
   for no key update;

-- name: count_endpoints    Count an organization's endpoints.
select count(*)::int
  from webhook_endpoint
 where organization_id = :org
   and url is not null
   and deleted_at is null;

-- name: insert_endpoint    Insert an endpoint.
insert into webhook_endpoint (organization_id, project_id, id, url, events, description, metadata)
values (:org, :project_id, :id, :url, :events, :description, :metadata);

-- name: get_endpoint    Return an endpoint.
select {endpoint}
  from webhook_endpoint e
 where e.organization_id = :org
   and e.id = :id
   and e.url is not null
   and e.deleted_at is null;

-- name: lock_endpoint
-- Lock an endpoint against changes and return its version; deliveries may still count attempts.
select version
  from webhook_endpoint
 where organization_id = :org
   and id = :id
   and url is not null
   and deleted_at is null
   for no key update;

-- name: list_endpoints    Return an organization's endpoints, newest first.
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

-- part: goes_on    The endpoint keeps its failures: same address, and not reactivated.
url = :url and (status = :status::text or status = 'active')

-- name: update_endpoint    Store a changed endpoint; another address or status ends its backoff.
update webhook_endpoint
   set url = :url, events = :events, description = :description, metadata = :metadata, status = :status,
       disabled_reason = case when :status = 'disabled' then disabled_reason end,
       consecutive_failures = case when {goes_on} then consecutive_failures else 0 end,
       failing_since = case when {goes_on} then failing_since end,
       retry_at = case when (url, status) = (:url, :status) then retry_at end,
       version = version + 1, updated_at = now()
 where organization_id = :org
   and id = :id;

-- name: touch_endpoint    Raise the version of an endpoint after a change of its secrets.
update webhook_endpoint
   set version = version + 1, updated_at = now()
 where organization_id = :org
   and id = :id;

-- name: delete_endpoint    Delete an endpoint with its secrets; the row stays while deliveries refer to it.
with secrets as (
  delete from webhook_secret
   where organization_id = :org
     and endpoint_id = :id)
update webhook_endpoint
   set deleted_at = now(), version = version + 1, updated_at = now()
 where organization_id = :org
   and id = :id
returning deleted_at;

-- name: purge_endpoints    Delete a project's endpoints with their secrets.
delete from webhook_endpoint
 where organization_id = :org
   and project_id = :project_id;
