-- name: insert_organizations    a live organization and its sandbox: neither without the other
insert into organization (id, name, env, live_organization_id, tier)
values (:live, :name, 'live', null, :tier), (:sandbox, :name, 'test', :live, 'sandbox');

-- name: get_organization
select * from organization where id = :id;

-- name: find_organization    by its own id or its sandbox's
select l.*, s.id as sandbox_id
  from organization l join organization s on s.live_organization_id = l.id
 where :id in (l.id, s.id);

-- name: list_organizations
select l.*, s.id as sandbox_id
  from organization l join organization s on s.live_organization_id = l.id
 where :before::uuid is null or l.id < :before
 order by l.id desc
 limit :limit;
