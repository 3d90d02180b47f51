-- name: insert_secret    Insert the current secret of an endpoint.
insert into webhook_secret (organization_id, endpoint_id, id, sealed, vault_key_id)
values (:org, :endpoint_id, :id, :sealed, :vault_key_id);

-- name: retire_secrets    Let the current secret expire after the overlap, and delete the one before.
with earlier_secrets as (
  delete from webhook_secret
   where organization_id = :org
     and endpoint_id = :endpoint_id
     and expires_at is not null)
update webhook_secret
   set expires_at = now() + :overlap::interval
 where organization_id = :org
   and endpoint_id = :endpoint_id
   and expires_at is null;

-- name: list_secrets    Return the secrets that sign a delivery now, the current one first.
select id, sealed, vault_key_id
  from webhook_secret
 where organization_id = :org
   and endpoint_id = :endpoint_id
   and (expires_at is null or expires_at > now())
 order by expires_at nulls first;
