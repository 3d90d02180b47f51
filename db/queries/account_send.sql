-- part: owner    Owner `o` of account `a`: another account if `a` is leased, else itself.
join social_account o on o.organization_id = coalesce(a.owner_organization_id, a.organization_id)
                     and o.id = coalesce(a.owner_account_id, a.id)

-- name: lock_sender    Lock an account and its owner, as lock_post does, without a post.
select a.platform, a.service_url, a.external_id, a.handle as account_handle, a.traits, a.status,
       o.status as owner_status, o.organization_id as owner_organization_id,
       o.project_id as owner_project_id, o.id as owner_id
  from social_account a
  {owner}
 where a.organization_id = :org
   and a.id = :account_id
   for no key update of o, a;

-- name: lock_post
-- Lock a post's job, account and row, in this order, and return them. No row: fenced. It opens each step of a
-- post's job. `cancel`: the job was asked to cancel, or the post was canceled, blocked or given another job.
-- The account's owner is locked before the account. The project is not locked: `archived` only avoids useless
-- work, and `mark_sending` has the reliable check.
select organization_id, id, archived, cancel, project_id, content_id, mode, privacy_level, status, phase,
       scheduled_for, handle, request, content_revision, sealed, vault_key_id, sent_at, last_error,
       account_id, platform, service_url, external_id, account_handle, traits, account_status, head_post_id,
       owner_organization_id, owner_project_id, owner_id, owner_status, quota_posts, quota_window_s,
       extract(epoch from cooldown_until - now())::float8 as cooldown_s, clock_timestamp() as now
  -- The inner query takes the locks before the times are read.
  from (
    select p.organization_id, p.id, r.status = 'archived' as archived,
           j.cancel_requested_at is not null
             or p.job_id is distinct from j.id
             or p.status not in ('queued', 'publishing') as cancel,
           p.project_id, p.content_id, p.mode, p.privacy_level, p.status, p.phase, p.scheduled_for, p.handle,
           p.request, p.content_revision, p.sealed, p.vault_key_id, p.sent_at, p.last_error,
           a.id as account_id, a.platform, a.service_url, a.external_id, a.handle as account_handle, a.traits,
           a.status as account_status, a.turn_post_id as head_post_id,
           o.organization_id as owner_organization_id, o.project_id as owner_project_id, o.id as owner_id,
           o.status as owner_status, o.quota_posts, o.quota_window_s, o.cooldown_until
      from job j
      join scheduled_post p on p.organization_id = j.organization_id and p.id = :id
      join project r on r.organization_id = p.organization_id and r.id = p.project_id
      join social_account a on a.organization_id = p.organization_id and a.id = p.social_account_id
      {owner}
     where j.organization_id = :org
       and j.id = :job_id
       and j.fence = :fence
       and j.attempt_started_at is not null
       for no key update of j, o, a, p) locked;

-- name: delete_sends
-- Delete the sends of a post that is proved not to exist; a day covers its job's whole life.
delete from account_send
 where organization_id = :org
   and account_id = :account_id
   and post_id = :post_id
   and at > now() - interval '1 day';

-- name: cool_down    Start a cooldown of an account; the longest of several counts.
update social_account
   set cooldown_until = greatest(cooldown_until, now() + :cooldown_s * interval '1 second')
 where organization_id = :org
   and id = :account_id;

-- name: prune_sends    Delete a batch of sends older than any quota's window, the oldest first.
with expired_sends as (
  select s.organization_id, s.account_id, s.id
    from account_send s
    join social_account a on a.id = coalesce(s.owner_account_id, s.account_id)
   where s.at < now() - :keep_s * interval '1 second'
     and (a.quota_window_s is null or s.at < now() - a.quota_window_s * interval '1 second')
   order by s.at
   limit :limit
     for update of s skip locked)
delete from account_send s
 using expired_sends
 where s.organization_id = expired_sends.organization_id
   and s.account_id = expired_sends.account_id
   and s.id = expired_sends.id;
