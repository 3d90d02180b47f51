-- name: get_credential    Return an account's sealed credential.
select sealed, vault_key_id, generation, expires_at
  from account_credential
 where organization_id = :org
   and account_id = :account_id;

-- name: put_credential
-- Store the credential of a new connection; its new generation outdates a refresh under way.
insert into account_credential (organization_id, account_id, sealed, vault_key_id, expires_at, refresh_at)
values (:org, :account_id, :sealed, :vault_key_id, :expires_at, :refresh_at)
on conflict (organization_id, account_id) do update
   set sealed = excluded.sealed,
       vault_key_id = excluded.vault_key_id,
       expires_at = excluded.expires_at,
       refresh_at = excluded.refresh_at,
       generation = account_credential.generation + 1,
       rotated_at = now();

-- name: refresh_credential
-- Store refreshed tokens. No row: a newer credential exists, or the account is disconnected.
update account_credential
   set sealed = :sealed,
       vault_key_id = :vault_key_id,
       expires_at = :expires_at,
       refresh_at = :refresh_at,
       generation = generation + 1,
       rotated_at = now()
 where organization_id = :org
   and account_id = :account_id
   and generation = :generation;

-- name: lock_generation    Lock an account's credential and return its generation.
select generation
  from account_credential
 where organization_id = :org
   and account_id = :account_id
   for no key update;

-- name: take_due
-- Return credentials with a due refresh, the longest due first, and postpone their due time.
with due_credentials as materialized (
  -- A refresh of tokens younger than a day would be refused.
  select organization_id, account_id
    from account_credential
   where refresh_at <= now()
     and rotated_at <= now() - interval '1 day'
     and organization_id <> all ((select moving_organizations())::uuid[])
   order by refresh_at
   limit :limit
     for no key update skip locked
)
update account_credential c
   set refresh_at = now() + :again_s * interval '1 second'
  from due_credentials d
  join social_account a on a.organization_id = d.organization_id and a.id = d.account_id
 where c.organization_id = d.organization_id
   and c.account_id = d.account_id
returning c.organization_id, a.project_id, c.account_id, a.status = 'connected' as connected;

-- name: wipe_credential    Delete the credential of an account.
delete from account_credential
 where organization_id = :org
   and account_id = :account_id;
