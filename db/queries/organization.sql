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
 where o.id = own.id
   and o.moving_tier is null;

-- name: list_organizations    Return the live organizations, newest first.
select {organization}
 where :before::uuid is null
    or l.id < :before
 order by l.id desc
 limit :limit;

-- name: close_moving    Refuse the keys of an organization and its sandbox, which move to another cell.
update organization
   set moving_tier = tier,
       resumes_as = coalesce(resumes_as, tier),
       tier = 'suspended'
 where (id = :id or live_organization_id = :id)
   and moving_tier is null;

-- name: reopen_moving    Open an organization and its sandbox again, as before the move.
update organization
   set tier = moving_tier,
       resumes_as = case when moving_tier = 'suspended' then resumes_as end,
       moving_tier = null
 where (id = :id or live_organization_id = :id)
   and moving_tier is not null;

-- name: get_moving    Return whether an organization is closed by its move; no row: it is not here.
select moving_tier is not null
  from organization
 where id = :id;

-- name: list_move_ids    Return the ids of an organization and its sandbox, the live one first.
select id
  from organization
 where id = :id
    or live_organization_id = :id
 order by env;

-- name: list_move_projects    Return the projects of an organization and its sandbox.
select id
  from project
 where organization_id = any(:orgs::uuid[]);

-- name: list_move_keys    Return the prefixes of the API keys of an organization and its sandbox.
select 'lp_' || o.env || '_' || k.key_id as prefix
  from api_key k
  join organization o on o.id = k.organization_id
 where k.organization_id = any(:orgs::uuid[]);

-- name: list_move_apps    Return the SDK apps of an organization and its sandbox.
select id
  from sdk_app
 where organization_id = any(:orgs::uuid[])
   and deleted_at is null;

-- name: count_running    Return the running jobs of an organization and its sandbox by kind.
select kind, count(*) as n
  from job
 where organization_id = any(:orgs::uuid[])
   and attempt_started_at is not null
 group by kind
 order by kind;

-- name: has_foreign_lease    Return whether the organization leases an account to another one, or from it.
select exists (
  select
    from social_account
   where owner_organization_id is not null
     and (organization_id = any(:orgs::uuid[])) <> (owner_organization_id = any(:orgs::uuid[])));
