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
