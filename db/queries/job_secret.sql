-- name: keep_secret    Insert the sealed secret of a job.
insert into job_secret (organization_id, job_id, sealed, vault_key_id)
values (:org, :job_id, :sealed, :vault_key_id);

-- name: find_secret    Return the sealed secret of a job.
select vault_key_id as key_id, sealed as data
  from job_secret
 where organization_id = :org
   and job_id = :job_id;

-- name: wipe_secrets    Delete the secrets of ended jobs; the caller locked the jobs.
delete from job_secret s
 using unnest(:orgs::uuid[], :job_ids::uuid[]) as t (org, job_id)
 where s.organization_id = t.org
   and s.job_id = t.job_id;

-- name: vault_key_ids    Return the id of each key that seals a secret.
select distinct vault_key_id
  from job_secret;

-- name: count_of_other_keys    Count the secrets sealed with another key of the keyring than `writer`.
select count(*)
  from job_secret
 where vault_key_id <> :writer;

-- name: lock_of_other_keys    Lock a batch of secrets sealed with another key than `writer`.
select organization_id, job_id, sealed, vault_key_id
  from job_secret
 where vault_key_id <> :writer
 order by organization_id, job_id
 limit :limit
   for no key update;

-- name: reseal    Store a secret sealed with another key.
update job_secret
   set sealed = :sealed, vault_key_id = :vault_key_id
 where organization_id = :organization_id
   and job_id = :job_id;
