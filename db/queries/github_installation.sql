-- name: put_installation    what was listed for another installation says nothing of this one
insert into github_installation (organization_id, installation_id, account_login)
values (:org, :installation_id, :account_login)
on conflict (organization_id) do update
   set installation_id = excluded.installation_id,
       account_login = excluded.account_login,
       repositories = '[]',
       listed_at = null,
       connected_at = now();

-- name: get_installation
select installation_id, account_login, repositories, listed_at, connected_at
  from github_installation
 where organization_id = :org;

-- name: lock_list_job    that hasn't ended; who is ending it is waited for
select id
  from job
 where organization_id = :org
   and unique_key = :unique_key
   and finished_at is null
   for share;

-- name: keep_list    unless another was connected meanwhile; an account may have another name by now
update github_installation
   set repositories = :repositories,
       account_login = coalesce(:account_login, account_login),
       listed_at = now()
 where organization_id = :org
   and installation_id = :installation_id;

-- name: forget_installation    any, or only this one
delete from github_installation
 where organization_id = :org
   and (:installation_id::bigint is null or installation_id = :installation_id)
returning installation_id, account_login;
