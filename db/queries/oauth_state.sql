-- name: insert_state    Insert a state.
insert into oauth_state
       (organization_id, state_hash, api_key_id, purpose, project_id, return_url, details, sealed,
        vault_key_id, expires_at)
values (:org, :state_hash, :api_key_id, :purpose, :project_id, :return_url, :details, :sealed,
        :vault_key_id, :expires_at);

-- name: find_state    Return a usable state without using it, and without its sealed verifier.
select s.organization_id, s.state_hash, s.api_key_id, s.project_id, s.return_url, s.details, null as sealed,
       null as vault_key_id
  from oauth_state s
  join api_key k on k.organization_id = s.organization_id and k.id = s.api_key_id and k.killed_at is null
 where s.state_hash = :state_hash
   and s.purpose = :purpose
   and s.used_at is null
   and s.expires_at > :now;

-- name: use_state    Use a state once.
with usable_state as materialized (
  -- A second user waits for the first and then finds `used_at` set. A killed key's states are unusable.
  select s.*
    from oauth_state s
    join api_key k on k.organization_id = s.organization_id and k.id = s.api_key_id and k.killed_at is null
   where s.state_hash = :state_hash
     and s.purpose = :purpose
     and s.used_at is null
     and s.expires_at > :now
     for no key update of s
)
update oauth_state s
   set used_at = now(), sealed = null, vault_key_id = null
  from usable_state u
 where s.organization_id = u.organization_id
   and s.state_hash = u.state_hash
returning u.organization_id, u.state_hash, u.api_key_id, u.project_id, u.return_url, u.details, u.sealed,
          u.vault_key_id;

-- name: end_state    End a flow without a job.
update oauth_state
   set outcome = :outcome, error_code = :error_code
 where organization_id = :org
   and state_hash = :state_hash;

-- name: give_to_job    Let a flow end with a job.
update oauth_state
   set job_id = :job_id
 where organization_id = :org
   and state_hash = :state_hash;

-- name: get_outcome    Return the outcome of a flow.
select outcome
  from oauth_state
 where organization_id = :org
   and state_hash = :state_hash;

-- name: get_state    Return a flow for its creator.
select s.outcome, s.error_code, s.used_at, s.expires_at, j.result
  from oauth_state s
  left join job j on j.organization_id = s.organization_id and j.id = s.job_id
 where s.organization_id = :org
   and s.state_hash = :state_hash
   and s.api_key_id = :api_key_id
   and s.purpose = :purpose;

-- name: end_states    End flows with their jobs.
with ended_states as materialized (
  -- The order by prevents deadlocks.
  select s.organization_id, s.state_hash, j.state, j.error->>'code' as code
    from unnest(:orgs::uuid[], :job_ids::uuid[]) as t (org, job_id)
    join oauth_state s on s.organization_id = t.org and s.job_id = t.job_id
    join job j on j.organization_id = t.org and j.id = t.job_id
   order by s.organization_id, s.state_hash
     for no key update of s
)
update oauth_state s
   set outcome = e.state, error_code = e.code
  from ended_states e
 where s.organization_id = e.organization_id
   and s.state_hash = e.state_hash;

-- name: prune_oauth_states
-- Delete a batch of states a day after their expiry, long after the end of their jobs.
with expired_states as (
  -- Skips rows of a concurrent prune.
  select organization_id, state_hash
    from oauth_state
   where expires_at <= now() - interval '24 hours'
   order by expires_at
   limit :limit
     for update skip locked
)
delete from oauth_state s
 using expired_states
 where s.organization_id = expired_states.organization_id
   and s.state_hash = expired_states.state_hash;
