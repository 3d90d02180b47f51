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

-- part: post_columns    A claimed post, and the time, which is read after the inner query's locks.
p.organization_id, p.id, p.archived, p.cancel, p.project_id, p.mode, p.privacy_level, p.status, p.phase,
       p.scheduled_for, p.handle, p.request, p.content_revision, p.sealed, p.vault_key_id, p.sent_at,
       p.last_error, p.account_id, p.platform, p.service_url, p.external_id, p.account_handle, p.traits,
       p.account_status, p.head_post_id, p.owner_organization_id, p.owner_project_id, p.owner_id,
       p.owner_status,
       extract(epoch from p.cooldown_until - now())::float8 as cooldown_s, clock_timestamp() as now

-- part: post    A claimed post, its account, and the account's owner.
p.organization_id, p.id, r.status = 'archived' as archived,
           j.cancel_requested_at is not null
             or p.job_id is distinct from j.id
             or p.status not in ('queued', 'publishing') as cancel,
           p.project_id, p.mode, p.privacy_level, p.status, p.phase, p.scheduled_for, p.handle,
           p.request, p.content_revision, p.sealed, p.vault_key_id, p.sent_at, p.last_error,
           a.id as account_id, a.platform, a.service_url, a.external_id, a.handle as account_handle, a.traits,
           a.status as account_status, a.turn_post_id as head_post_id,
           o.organization_id as owner_organization_id, o.project_id as owner_project_id, o.id as owner_id,
           o.status as owner_status, o.cooldown_until

-- part: claimed
from job j
      join scheduled_post p on p.organization_id = j.organization_id and p.id = :id
      join project r on r.organization_id = p.organization_id and r.id = p.project_id
      join social_account a on a.organization_id = p.organization_id and a.id = p.social_account_id
      {owner}

-- part: is_claimed
j.organization_id = :org
       and j.id = :job_id
       and j.fence = :fence
       and j.attempt_started_at is not null

-- name: lock_post
-- Lock a post's job, account and row, in this order, and return them. No row: fenced. It opens each step of a
-- post's job. `cancel`: the job was asked to cancel, or the post was canceled, blocked or given another job.
-- The account's owner is locked before the account. The project is not locked: `archived` only avoids useless
-- work, and `mark_sending` has the reliable check.
select {post_columns}
  from (
    select {post}
      {claimed}
     where {is_claimed}
       for no key update of j, o, a, p) p;

-- name: read_post
-- Return a claimed post as lock_post does, but without a lock, with its account's credential: a row for each
-- file, or one row without a file. No row: fenced, or the account has no credential.
with post as materialized (
  -- Materialized: planning one join of all nine tables takes three times as long.
  select {post}, p.content_id, p.caption_override, r.primary_language
      {claimed}
     where {is_claimed})
select {post_columns},
       k.sealed, k.vault_key_id, k.generation, k.expires_at,
       coalesce(p.caption_override, c.caption) as caption, c.revision, p.primary_language as language,
       n.env = 'test' as sandbox, c.format, c.creative_type, c.made_by, c.ai_declared,
       f.id, f.kind, f.mime_type, f.size_bytes, f.width, f.height, f.duration_ms, f.token
  from post p
  join organization n on n.id = p.organization_id
  join content_item c on c.organization_id = p.organization_id and c.id = p.content_id
  join account_credential k on k.organization_id = p.owner_organization_id and k.account_id = p.owner_id
  left join content_asset f on f.organization_id = c.organization_id and f.content_id = c.id
 order by f.position;

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
