-- name: insert_organizations    a live organization and its sandbox: neither without the other
insert into organization (id, name, env, live_organization_id, tier)
values (:live, :name, 'live', null, :tier),
       (:sandbox, :name, 'test', :live, 'sandbox');

-- name: get_env
select env
  from organization
 where id = :id;

-- part: organization    a live one
l.id, s.id as sandbox_id, l.name, l.tier, l.created_at
  from organization l
  join organization s on s.live_organization_id = l.id

-- name: find_organization    by its own id or its sandbox's
select {organization}
 where :id in (l.id, s.id);

-- name: list_organizations
select {organization}
 where :before::uuid is null
    or l.id < :before
 order by l.id desc
 limit :limit;
