-- name: claim_key
-- Claim a key: true if this transaction has it, false if it was used within 24 h, null if it is in use.
with key_lock as materialized (
  -- Doesn't wait, so that repeats of one request don't occupy the pool's connections.
  select pg_try_advisory_xact_lock(73, hashtext(:api_key_id::uuid || :key)) as free),
claimed as (
  insert into idempotency_key as stored (organization_id, api_key_id, key, fingerprint)
  select :org, :api_key_id, :key, :fingerprint
    from key_lock
   where free
      on conflict (organization_id, api_key_id, key) do update
     set fingerprint = excluded.fingerprint, status = null, location = null, body = null,
         vault_key_id = null, etag = null, created_at = now()
   where stored.created_at <= now() - interval '24 hours'
  returning true)
select case when free then exists (select from claimed) end
  from key_lock;

-- name: find_answer    Return the stored answer of a key.
select fingerprint, status, location, body, vault_key_id, etag
  from idempotency_key
 where organization_id = :org
   and api_key_id = :api_key_id
   and key = :key;

-- name: store_answer    Store the answer of this transaction's claim.
update idempotency_key
   set status = :status, location = :location, body = :body, vault_key_id = :vault_key_id, etag = :etag
 where organization_id = :org
   and api_key_id = :api_key_id
   and key = :key
   and fingerprint = :fingerprint;

-- name: vault_key_ids    Return the id of each key that seals an unexpired answer.
select distinct vault_key_id
  from idempotency_key
 where vault_key_id is not null
   and created_at > now() - interval '24 hours';

-- name: prune_keys    Delete a batch of expired keys.
with expired_keys as (
  select organization_id, api_key_id, key
    from idempotency_key
   where created_at <= now() - interval '24 hours'
   order by created_at
   limit :limit
     for update skip locked)
delete from idempotency_key k
 using expired_keys
 where k.organization_id = expired_keys.organization_id
   and k.api_key_id = expired_keys.api_key_id
   and k.key = expired_keys.key;

-- name: count_of_other_keys    Count the answers sealed with another key of the keyring than `writer`.
select count(*)
  from idempotency_key
 where vault_key_id <> :writer
   and created_at > now() - interval '24 hours';

-- name: lock_of_other_keys    Lock a batch of answers sealed with another key than `writer`.
select organization_id, api_key_id, key, body as sealed, vault_key_id
  from idempotency_key
 where vault_key_id <> :writer
   and created_at > now() - interval '24 hours'
 order by organization_id, api_key_id, key
 limit :limit
   for no key update;

-- name: reseal    Store an answer sealed with another key.
update idempotency_key
   set body = :sealed, vault_key_id = :vault_key_id
 where organization_id = :organization_id
   and api_key_id = :api_key_id
   and key = :key;
