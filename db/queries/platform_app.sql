-- name: get_app
select client_id, sealed, vault_key_id from platform_app
 where platform = :platform and service_url = :service_url and redirect_uri = :redirect_uri;

-- name: keep_app    the first one stays: authorizations under way name it
insert into platform_app (platform, service_url, redirect_uri, client_id, sealed, vault_key_id)
values (:platform, :service_url, :redirect_uri, :client_id, :sealed, :vault_key_id)
on conflict (platform, service_url, redirect_uri) do nothing;

-- name: forget_app    that the server doesn't know any more; one registered meanwhile stays
delete from platform_app
 where platform = :platform and service_url = :service_url and redirect_uri = :redirect_uri and client_id = :client_id;

-- name: vault_key_ids
select distinct vault_key_id from platform_app;

-- name: count_of_other_keys    sealed with another key of the ring than `writer`
select count(*) from platform_app where vault_key_id <> :writer;

-- name: lock_of_other_keys
select platform, service_url, redirect_uri, sealed, vault_key_id from platform_app where vault_key_id <> :writer
 order by platform, service_url, redirect_uri limit :limit for no key update;

-- name: reseal
update platform_app set sealed = :sealed, vault_key_id = :vault_key_id
 where platform = :platform and service_url = :service_url and redirect_uri = :redirect_uri;
