-- name: claim_key    true: this transaction has it, past its 24 h too; false: used; null: in use
with turn as materialized (
  -- Nobody is waited for, so that repeats of one request don't hold the pool's connections.
  select pg_try_advisory_xact_lock(73, hashtext(:api_key_id::uuid || :key)) as free),
claimed as (
  -- The row, unless it was used in the last 24 h.
  insert into idempotency_key as kept (organization_id, api_key_id, key, fingerprint)
  select :org, :api_key_id, :key, :fingerprint
    from turn
   where free
      on conflict (organization_id, api_key_id, key) do update
     set fingerprint = excluded.fingerprint, status = null, location = null, body = null,
         vault_key_id = null, etag = null, created_at = now()
   where kept.created_at <= now() - interval '24 hours'
  returning true)
select case when free then exists (select from claimed) end
  from turn;

-- name: find_answer
select fingerprint, status, location, body, vault_key_id, etag
  from idempotency_key
 where organization_id = :org
   and api_key_id = :api_key_id
   and key = :key;

-- name: store_answer    completes the claim of the same transaction
update idempotency_key
   set status = :status, location = :location, body = :body, vault_key_id = :vault_key_id, etag = :etag
 where organization_id = :org
   and api_key_id = :api_key_id
   and key = :key
   and fingerprint = :fingerprint;

-- name: vault_key_ids
select distinct vault_key_id
  from idempotency_key
 where vault_key_id is not null
   and created_at > now() - interval '24 hours';

-- name: prune_keys
with old as (
  -- Those past their 24 h that nobody holds.
  select organization_id, api_key_id, key
    from idempotency_key
   where created_at <= now() - interval '24 hours'
   order by created_at
   limit :limit
     for update skip locked)
delete from idempotency_key k
 using old
 where k.organization_id = old.organization_id
   and k.api_key_id = old.api_key_id
   and k.key = old.key;

-- name: count_of_other_keys    sealed with another key of the keyring than `writer`
select count(*)
  from idempotency_key
 where vault_key_id <> :writer
   and created_at > now() - interval '24 hours';

-- name: lock_of_other_keys
select organization_id, api_key_id, key, body as sealed, vault_key_id
  from idempotency_key
 where vault_key_id <> :writer
   and created_at > now() - interval '24 hours'
 order by organization_id, api_key_id, key
 limit :limit
   for no key update;

-- name: reseal
update idempotency_key
   set body = :sealed, vault_key_id = :vault_key_id
 where organization_id = :organization_id
   and api_key_id = :api_key_id
   and key = :key;
