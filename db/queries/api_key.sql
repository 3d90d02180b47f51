-- part: key    A key for its owner, without its hash.
id, key_id, name, scopes, return_origins, expires_at, killed_at, overlap_until, created_at

-- name: find_keys
-- Return the keys with these key ids. The array is a subselect, so that the plan doesn't depend on its length
-- and is cached.
select k.organization_id, o.name as organization_name, k.id, k.key_id, o.env, o.tier, k.scopes,
       k.return_origins, k.expires_at, k.secret_hash, k.pepper_id,
       case when k.overlap_until > now() then k.old_secret_hash end as old_secret_hash, k.old_pepper_id,
       k.killed_at is not null as killed, coalesce(k.expires_at <= now(), false) as expired,
       o.tier = 'suspended' as suspended, num_nonnulls(o.moving_to, o.moved_at) > 0 as moving
  from api_key k
  join organization o on o.id = k.organization_id
 where k.key_id = any((select :key_ids::text[])::text[]);

-- name: insert_key    Insert a key.
insert into api_key (organization_id, id, name, key_id, secret_hash, pepper_id, scopes, return_origins,
                     expires_at)
values (:org, :id, :name, :key_id, :secret_hash, :pepper_id, :scopes, :return_origins, :expires_at)
returning {key};

-- name: lock_owner
-- Lock an organization, which serializes the creation of its keys; return whether it moves or has moved.
select num_nonnulls(moving_to, moved_at) > 0 as moving
  from organization
 where id = :org
   for no key update;

-- name: count_live_keys    Count an organization's keys that are neither killed nor expired.
select count(*) as live
  from api_key
 where organization_id = :org
   and killed_at is null
   and (expires_at is null or expires_at > now());

-- name: list_operators    Return the live organizations that have or had a key with the scope ops:write.
select distinct k.organization_id
  from api_key k
  join organization o on o.id = k.organization_id
 where 'ops:write' = any(k.scopes)
   and o.env = 'live';

-- name: get_key    Return a key of an organization.
select {key}
  from api_key
 where organization_id = :org
   and id = :id;

-- name: list_keys    Return an organization's keys, newest first.
select {key}
  from api_key
 where organization_id = :org
   and (:before::uuid is null or id < :before)
 order by id desc
 limit :limit;

-- name: lock_key    Lock a key of an organization.
select {key}
  from api_key
 where organization_id = :org
   and id = :id
   for no key update;

-- name: rotate_key    Replace a key's secret; the old one stays valid for `overlap`.
update api_key
   set old_secret_hash = secret_hash, old_pepper_id = pepper_id,
       overlap_until = now() + nullif(:overlap, interval '0'),
       secret_hash = :secret_hash, pepper_id = :pepper_id
 where organization_id = :org
   and id = :id
returning {key};

-- name: kill_key    Kill a key; a repeat keeps the first time.
update api_key
   set killed_at = coalesce(killed_at, now()), overlap_until = null
 where organization_id = :org
   and id = :id
returning {key};

-- name: pepper_ids
-- Return the id of each pepper that hashes a secret of an API key, killed ones included, or of an app.
select pepper_id
  from api_key
union
select old_pepper_id
  from api_key
 where overlap_until > now()
union
select pepper_id
  from sdk_app
 where deleted_at is null
union
select old_pepper_id
  from sdk_app
 where overlap_until > now();
