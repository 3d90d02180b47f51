-- name: insert_organizations    Insert a live organization and its sandbox with a clock, all or none.
with pair as (
  insert into organization (id, name, env, live_organization_id, tier)
  values (:live, :name, 'live', null, :tier),
         (:sandbox, :name, 'test', :live, 'sandbox'))
insert into sandbox_clock (organization_id)
values (:sandbox);

-- name: get_env    Return the environment of an organization.
select env
  from organization
 where id = :id;

-- name: find_owner    Return the organization of an API key by the key's globally unique id.
select o.id as organization_id, o.env
  from api_key k
  join organization o on o.id = k.organization_id
 where k.id = :key_id;

-- part: organization    A live organization.
l.id, s.id as sandbox_id, l.name, coalesce(l.resumes_as, l.tier) as tier, l.tier = 'suspended' as suspended,
       l.created_at
  from organization l
  join organization s on s.live_organization_id = l.id

-- name: find_organization    Return an organization by its own id or its sandbox's.
select {organization}
 where :id in (l.id, s.id);

-- name: lock_organization    Lock an organization and its sandbox, by either id.
select {organization}
 where :id in (l.id, s.id)
   for no key update of l, s;

-- name: change_organization
-- Change the tier of an organization; its sandbox keeps a tier of its own, but is suspended too.
update organization o
   set tier = case when :suspended::boolean then 'suspended' else own.tier end,
       resumes_as = case when :suspended then own.tier end
  from (
    select id, case env when 'live' then :tier::text else 'sandbox' end as tier
      from organization
     where id = :id
        or live_organization_id = :id) own
 where o.id = own.id;

-- name: list_organizations    Return the live organizations, newest first.
select {organization}
 where :before::uuid is null
    or l.id < :before
 order by l.id desc
 limit :limit;
