-- name: insert_state
insert into oauth_state (organization_id, state_hash, api_key_id, purpose, return_url, expires_at)
values (:org, :state_hash, :api_key_id, :purpose, :return_url, :expires_at);

-- name: use_state    once: whoever comes second waits for the first and then finds `used_at` set. A killed key's flows end with it
update oauth_state s set used_at = now()
  from api_key k
 where s.state_hash = :state_hash and s.purpose = :purpose and s.used_at is null and s.expires_at > :now
   and k.organization_id = s.organization_id and k.id = s.api_key_id and k.killed_at is null
returning s.organization_id, s.state_hash, s.api_key_id, s.return_url;

-- name: end_state    without a job
update oauth_state set outcome = :outcome where organization_id = :org and state_hash = :state_hash;

-- name: keep_secret    for the job
update oauth_state set job_id = :job_id, sealed = :sealed, vault_key_id = :vault_key_id
 where organization_id = :org and state_hash = :state_hash;

-- name: find_secret    of a job that has not ended
select state_hash, api_key_id, sealed, vault_key_id from oauth_state
 where organization_id = :org and job_id = :job_id and sealed is not null;

-- name: get_outcome
select outcome from oauth_state where organization_id = :org and state_hash = :state_hash;

-- name: end_states    as their jobs ended; what was sealed is of no more use
with held as materialized (
  select s.organization_id, s.state_hash, j.state
    from unnest(:orgs::uuid[], :job_ids::uuid[]) as t (org, job_id)
    join oauth_state s on s.organization_id = t.org and s.job_id = t.job_id
    join job j on j.organization_id = t.org and j.id = t.job_id
   order by s.organization_id, s.state_hash for no key update of s)
update oauth_state s set outcome = held.state, sealed = null, vault_key_id = null
  from held where s.organization_id = held.organization_id and s.state_hash = held.state_hash;

-- name: vault_key_ids
select distinct vault_key_id from oauth_state where vault_key_id is not null;

-- name: prune_states    a day after their time, when a job that came of one has long ended
with old as (
  select organization_id, state_hash from oauth_state
   where expires_at <= now() - interval '24 hours' order by expires_at limit :limit for update skip locked)
delete from oauth_state s using old where s.organization_id = old.organization_id and s.state_hash = old.state_hash;
