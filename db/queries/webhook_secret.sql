-- name: insert_secret
insert into webhook_secret (organization_id, endpoint_id, id, sealed, vault_key_id)
values (:org, :endpoint_id, :id, :sealed, :vault_key_id);

-- name: retire_secrets    the current one for a while yet, the one before it at once
with older as (
  -- Those of rotations before.
  delete from webhook_secret
   where organization_id = :org
     and endpoint_id = :endpoint_id
     and expires_at is not null)
update webhook_secret
   set expires_at = now() + :overlap::interval
 where organization_id = :org
   and endpoint_id = :endpoint_id
   and expires_at is null;

-- name: list_secrets    what a delivery is signed with now, the current one first
select id, sealed, vault_key_id
  from webhook_secret
 where organization_id = :org
   and endpoint_id = :endpoint_id
   and (expires_at is null or expires_at > now())
 order by expires_at nulls first;

-- name: vault_key_ids
select distinct vault_key_id
  from webhook_secret;

-- name: count_of_other_keys    sealed with another key of the keyring than `writer`
select count(*)
  from webhook_secret
 where vault_key_id <> :writer;

-- name: lock_of_other_keys
select organization_id, endpoint_id, id, sealed, vault_key_id
  from webhook_secret
 where vault_key_id <> :writer
 order by organization_id, endpoint_id, id
 limit :limit
   for no key update;

-- name: reseal
update webhook_secret
   set sealed = :sealed, vault_key_id = :vault_key_id
 where organization_id = :organization_id
   and endpoint_id = :endpoint_id
   and id = :id;
