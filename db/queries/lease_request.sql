-- part: request    A request; `account_ids` are its assigned accounts, ended leases included.
r.organization_id, r.project_id, r.id, r.count as wanted, r.niche, r.platform, r.note, r.status,
       r.assigned_at, r.reason, r.created_at,
       array(select l.account_id
               from account_lease l
              where l.organization_id = r.organization_id
                and l.request_id = r.id
              order by l.account_id) as account_ids

-- name: insert_request    Insert a request.
insert into lease_request (organization_id, project_id, id, count, niche, platform, note)
values (:org, :project_id, :id, :count, :niche, :platform, :note);

-- name: get_request    Return a request.
select {request}
  from lease_request r
 where r.organization_id = :org
   and r.id = :id;

-- name: find_request    Return the scope of a request of any organization in an environment, for operators.
select r.organization_id, r.project_id
  from lease_request r
  join organization o on o.id = r.organization_id
 where r.id = :id
   and o.env = :env;

-- name: lock_request    Lock a request; the caller locked its project before.
select organization_id, project_id, id, count as wanted, platform, status, reason
  from lease_request
 where organization_id = :org
   and id = :id
   for no key update;

-- name: list_of_project    Return a project's requests, newest first.
select {request}
  from lease_request r
 where r.organization_id = :org
   and r.project_id = :project_id
   and r.id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
 order by r.id desc
 limit :limit;

-- name: list_requests    Return the requests of all organizations in an environment, newest first.
select {request}
  from lease_request r
  join organization o on o.id = r.organization_id and o.env = :env
 where (:statuses::text[] is null or r.status = any(:statuses))
   and (:before::uuid is null or r.id < :before)
 order by r.id desc
 limit :limit;

-- name: note_assigned    Store the assignment of a request.
update lease_request
   set status = :status, assigned_at = now()
 where organization_id = :org
   and id = :id;

-- name: note_rejected    Reject a request, or the unassigned rest of it.
update lease_request
   set status = case status when 'requested' then 'rejected' else status end,
       reason = :reason
 where organization_id = :org
   and id = :id;

-- name: close_of_project
-- Close a project's open requests, as note_rejected does; the caller locked the project.
with open_requests as materialized (
  -- In the order of every statement that locks many.
  select id
    from lease_request
   where organization_id = :org
     and project_id = :project_id
     and status in ('requested', 'partial')
     and reason is null
   order by id
     for no key update)
update lease_request r
   set status = case r.status when 'requested' then 'rejected' else r.status end,
       reason = :reason
  from open_requests
 where r.organization_id = :org
   and r.id = open_requests.id;
