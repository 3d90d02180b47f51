-- name: insert_organizations    a live organization and its sandbox: neither without the other
insert into organization (id, name, env, live_organization_id, tier)
values (:live, :name, 'live', null, :tier), (:sandbox, :name, 'test', :live, 'sandbox');

-- name: get_organization
select * from organization where id = :id;
