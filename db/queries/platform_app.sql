-- name: get_app    Return a client; `lasting`: its server keeps it longer than any authorization takes.
select client_id, sealed, vault_key_id,
       proved_at is not null or created_at > now() - interval '12 hours' as lasting
  from platform_app
 where platform = :platform
   and service_url = :service_url
   and redirect_uri = :redirect_uri;

-- name: keep_app    Store a new client unless a lasting one exists, which authorizations under way use.
insert into platform_app as app (platform, service_url, redirect_uri, client_id, sealed, vault_key_id)
values (:platform, :service_url, :redirect_uri, :client_id, :sealed, :vault_key_id)
on conflict (platform, service_url, redirect_uri) do update
   set client_id = excluded.client_id,
       sealed = excluded.sealed,
       vault_key_id = excluded.vault_key_id,
       created_at = now()
 where app.proved_at is null
   and app.created_at <= now() - interval '12 hours';

-- name: prove_app    Mark a client as proved by an authorization.
update platform_app
   set proved_at = now()
 where platform = :platform
   and service_url = :service_url
   and redirect_uri = :redirect_uri
   and client_id = :client_id
   and proved_at is null;

-- name: forget_app    Delete a client that its server no longer accepts, but not one registered meanwhile.
delete from platform_app
 where platform = :platform
   and service_url = :service_url
   and redirect_uri = :redirect_uri
   and client_id = :client_id;
