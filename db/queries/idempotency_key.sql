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
