-- name: put_installation    Store an installation; another installation's repositories are dropped.
insert into github_installation (organization_id, installation_id, account_login)
values (:org, :installation_id, :account_login)
on conflict (organization_id) do update
   set installation_id = excluded.installation_id,
       account_login = excluded.account_login,
       repositories = '[]',
       listed_at = null,
       connected_at = now();

-- name: get_installation    Return an organization's installation.
select installation_id, account_login, repositories, listed_at, connected_at
  from github_installation
 where organization_id = :org;

-- name: lock_list_job    Lock the open listing job, and wait for a transaction that is ending it.
select id
  from job
 where organization_id = :org
   and unique_key = :unique_key
   and finished_at is null
   for share;

-- name: keep_list
-- Store the repositories unless another installation was connected meanwhile; updates the login.
update github_installation
   set repositories = :repositories,
       account_login = coalesce(:account_login, account_login),
       listed_at = now()
 where organization_id = :org
   and installation_id = :installation_id;

-- name: forget_installation    Delete an organization's installation, or only this one.
delete from github_installation
 where organization_id = :org
   and (:installation_id::bigint is null or installation_id = :installation_id)
returning installation_id, account_login;
