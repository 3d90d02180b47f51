-- name: insert_request
insert into lease_request (organization_id, project_id, id, count, niche, platform, note)
values (:org, :project_id, :id, :count, :niche, :platform, :note);

-- name: get_request    `account_ids`: what was assigned, also what has ended since
select r.organization_id, r.project_id, r.id, r.count as wanted, r.niche, r.platform, r.note, r.status,
       r.assigned_at, r.reason, r.created_at,
       array(select l.account_id
               from account_lease l
              where l.organization_id = r.organization_id
                and l.request_id = r.id
              order by l.account_id) as account_ids
  from lease_request r
 where r.organization_id = :org
   and r.id = :id;

-- name: find_request    for operators, who see every organization of their environment
select r.organization_id, r.project_id
  from lease_request r
  join organization o on o.id = r.organization_id
 where r.id = :id
   and o.env = :env;

-- name: lock_request    after its project
select organization_id, project_id, id, count as wanted, platform, status, reason
  from lease_request
 where organization_id = :org
   and id = :id
   for no key update;

-- name: list_of_project    newest first
select r.organization_id, r.project_id, r.id, r.count as wanted, r.niche, r.platform, r.note, r.status,
       r.assigned_at, r.reason, r.created_at,
       array(select l.account_id
               from account_lease l
              where l.organization_id = r.organization_id
                and l.request_id = r.id
              order by l.account_id) as account_ids
  from lease_request r
 where r.organization_id = :org
   and r.project_id = :project_id
   and r.id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
 order by r.id desc
 limit :limit;

-- name: list_requests    newest first, of every organization
select r.organization_id, r.project_id, r.id, r.count as wanted, r.niche, r.platform, r.note, r.status,
       r.assigned_at, r.reason, r.created_at,
       array(select l.account_id
               from account_lease l
              where l.organization_id = r.organization_id
                and l.request_id = r.id
              order by l.account_id) as account_ids
  from lease_request r
  join organization o on o.id = r.organization_id and o.env = :env
 where (:statuses::text[] is null or r.status = any(:statuses))
   and (:before::uuid is null or r.id < :before)
 order by r.id desc
 limit :limit;

-- name: note_assigned
update lease_request
   set status = :status, assigned_at = now()
 where organization_id = :org
   and id = :id;

-- name: note_rejected    of one that was met in part the rest
update lease_request
   set status = case status when 'requested' then 'rejected' else status end,
       reason = :reason
 where organization_id = :org
   and id = :id;

-- name: close_of_project    its open requests, as note_rejected does; the project is locked
with open as materialized (
  -- In the order of all who lock many.
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
  from open
 where r.organization_id = :org
   and r.id = open.id;
