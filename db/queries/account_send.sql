-- name: lock_sender    as hold_sending, without a post
select a.platform, a.service_url, a.external_id, a.handle, a.traits, a.status, o.status as owner_status,
       o.organization_id as owner_organization_id, o.project_id as owner_project_id, o.id as owner_id
  from social_account a
  join social_account o on o.organization_id = coalesce(a.owner_organization_id, a.organization_id)
                       and o.id = coalesce(a.owner_account_id, a.id)
 where a.organization_id = :org
   and a.id = :account_id
   for no key update of o, a;

-- name: hold_sending    locks the job, the account and the post, in this order; no row: fenced
-- Opens each step of a post's job. `cancel`: the job was asked to cancel, or the post was canceled, blocked
-- or given another job. A leased account's owner is another row, which is locked first; any other account owns
-- itself. The project is not locked: that it was archived spares work in vain, and it is `mark_sending` that
-- must not miss it.
select organization_id, id, archived, cancel, project_id, content_id, mode, privacy_level, status, phase,
       scheduled_for, handle, request, content_revision, sealed, vault_key_id, sent_at, last_error,
       account_id, platform, service_url, external_id, account_handle, traits, account_status, head_post_id,
       owner_organization_id, owner_project_id, owner_id, owner_status, quota_posts, quota_window_s,
       extract(epoch from cooldown_until - now())::float8 as cooldown_s, clock_timestamp() as now
  -- The locks come before the times are read.
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
      join social_account o on o.organization_id = coalesce(a.owner_organization_id, a.organization_id)
                           and o.id = coalesce(a.owner_account_id, a.id)
     where j.organization_id = :org
       and j.id = :job_id
       and j.fence = :fence
       and j.attempt_started_at is not null
       for no key update of j, o, a, p) locked;

-- name: publish_post    proved to be there; its account's queue advances. No row: the name is another post's
with published as (
  -- The name may not be known of another post of the account, of its owner, or of whoever has leased it.
  update scheduled_post
     set status = 'published',
         phase = null,
         published_at = now(),
         external_id = :external_id,
         external_url = :external_url,
         sealed = null,
         vault_key_id = null,
         last_error = null,
         not_before = null,
         version = version + 1
   where organization_id = :org
     and id = :id
     and not exists (
       select from (select :org::uuid as organization_id, :account_id::uuid as account_id
                    union all select :owner_organization_id::uuid, :owner_id::uuid
                    union all select l.organization_id, l.account_id
                                from account_lease l
                               where l.owner_account_id = :owner_id) s
         join scheduled_post p on p.organization_id = s.organization_id and p.social_account_id = s.account_id
        where p.external_id = :external_id
          and p.id <> :id)
  returning id),
noted as (
  insert into post_event (organization_id, post_id, id, type)
  select :org, id, :event_id, 'published'
    from published),
-- As leave_head and wake_next, without a round trip for each.
left_head as (
  update social_account
     set turn_post_id = null
   where organization_id = :org
     and id = :account_id
     and turn_post_id = :id),
next as materialized (
  select j.organization_id, j.id, p.scheduled_for
    from scheduled_post p
    join job j on j.organization_id = p.organization_id and j.id = p.job_id
   where p.organization_id = :org
     and p.social_account_id = :account_id
     and p.status = 'queued'
     and p.scheduled_for <= now()
     and (p.not_before is null or p.not_before <= now())
     and j.attempt_started_at is null
     and j.finished_at is null
   order by p.scheduled_for, p.id
   limit 1
     for no key update of j skip locked),
woken as (
  update job j
     set run_at = n.scheduled_for,
         stage = 'queued',
         state_version = j.state_version + 1
    from next n
   where j.organization_id = n.organization_id
     and j.id = n.id
     and j.run_at > now())
select id
  from published;

-- name: mark_sending    from the commit on the platform may have it; no `sent_at`: nothing was marked
-- Its job can't be canceled any more, and its account's quota counts it. Under the locks of all three, of an
-- earlier statement: it must see each send that was written down before. No edit comes between: it would hold
-- the project alone.
with room as materialized (
  -- `revision` is what was prepared; null: that is no matter any more. `full_s` as in take_head.
  select :revision::int is null or c.approval_status in ('approved', 'not_required') as approved,
         :revision is null or c.revision = :revision as current,
         (select extract(epoch from s.at + :window_s * interval '1 second' - clock_timestamp())::float8
            from account_send s
           where coalesce(s.owner_account_id, s.account_id) = :owner_id
             and s.at > clock_timestamp() - :window_s * interval '1 second'
           order by s.at desc
          offset (select :posts - 1)
           limit 1) as full_s
    from content_item c
   where c.organization_id = :org
     and c.id = :content_id),
-- One row if the post may be sent, else none.
go as materialized (
  select from room
   where approved
     and current
     and (full_s is null or full_s <= 0)),
counted as (
  insert into account_send (organization_id, account_id, owner_account_id, id, post_id, at)
  select :org, :account_id, nullif(:owner_id, :account_id), :send_id, :id, clock_timestamp()
    from go),
shown as (
  update job
     set progress = greatest(progress, :progress),
         stage = 'sending',
         cancelable = false,
         state_version = state_version + 1
    from go
   where organization_id = :org
     and id = :job_id
     and fence = :fence
     and attempt_started_at is not null),
noted as (
  insert into post_event (organization_id, post_id, id, type)
  select :org, :id, e.id, e.type
    from go, (values (:prepared_id::uuid, 'prepared'), (:event_id::uuid, 'sending')) as e (id, type)
   where e.id is not null),
-- With what was just prepared, where `prepared_id` says so.
marked as (
  update scheduled_post
     set status = 'publishing',
         phase = 'sending',
         attempted_at = coalesce(attempted_at, clock_timestamp()),
         sent_at = clock_timestamp(),
         handle = coalesce(:handle, handle),
         request = coalesce(:request, request),
         content_revision = coalesce(:content_revision, content_revision),
         sealed = case when :prepared_id is null then sealed else :sealed end,
         vault_key_id = case when :prepared_id is null then vault_key_id else :vault_key_id end,
         not_before = null,
         version = version + 1
    from go
   where organization_id = :org
     and id = :id
  returning sent_at)
select r.approved, r.current, r.full_s, m.sent_at
  from room r
  left join marked m on true;

-- name: delete_sends    of a post that is proved not to be there; a day is longer than its job lives
delete from account_send
 where organization_id = :org
   and account_id = :account_id
   and post_id = :post_id
   and at > now() - interval '1 day';

-- name: cool_down    for as long as the platform asked; of several cooldowns the longest counts
update social_account
   set cooldown_until = greatest(cooldown_until, now() + :cooldown_s * interval '1 second')
 where organization_id = :org
   and id = :account_id;

-- name: prune_sends    older than any window that counts them
with old as (
  select s.organization_id, s.account_id, s.id
    from account_send s
    join social_account a on a.id = coalesce(s.owner_account_id, s.account_id)
   where s.at < now() - :keep_s * interval '1 second'
     and (a.quota_window_s is null or s.at < now() - a.quota_window_s * interval '1 second')
   order by s.at
   limit :limit
     for update of s skip locked)
delete from account_send s
 using old
 where s.organization_id = old.organization_id
   and s.account_id = old.account_id
   and s.id = old.id;
