-- name: lock_sender    as hold_sending, without a post
select a.platform, a.service_url, a.external_id, a.handle, a.traits, a.status, o.status as owner_status,
       o.organization_id as owner_organization_id, o.project_id as owner_project_id, o.id as owner_id
  from social_account a
  join social_account o on o.organization_id = coalesce(a.owner_organization_id, a.organization_id)
                       and o.id = coalesce(a.owner_account_id, a.id)
 where a.organization_id = :org and a.id = :account_id for no key update of o, a;

-- name: hold_sending    opens each step of a post's job: locks the job, the account, the post, in this order. No row: fenced. `cancel`: the
--   job was asked to cancel, or the post was canceled, blocked or given another job. What the steps of an account's posts decide on, one
--   after the other: the account's state, its turn, its rest. Of a leased account the credential, the quota and the rest are its owner's,
--   whose row is locked first; of any other that is itself. The locks come before the times are read. The project is not locked: that it
--   was archived spares work in vain, and it is `mark_sending` that must not miss it
select held.*, extract(epoch from held.cooldown_until - now())::float8 as rest_s, clock_timestamp() as now
  from (
    select r.status = 'archived' as archived,
           j.cancel_requested_at is not null or p.job_id is distinct from j.id or p.status not in ('queued', 'publishing') as cancel,
           p.project_id, p.content_id, p.mode, p.privacy_level, p.status, p.phase, p.scheduled_for, p.handle, p.request,
           p.content_revision, p.sealed, p.vault_key_id, p.sent_at, p.last_error,
           a.id as account_id, a.platform, a.service_url, a.external_id, a.handle as account_handle, a.traits,
           a.status as account_status, a.turn_post_id, o.organization_id as owner_organization_id, o.project_id as owner_project_id,
           o.id as owner_id, o.status as owner_status, o.quota_posts, o.quota_window_s, o.cooldown_until
      from job j
      join scheduled_post p on p.organization_id = j.organization_id and p.id = :id
      join project r on r.organization_id = p.organization_id and r.id = p.project_id
      join social_account a on a.organization_id = p.organization_id and a.id = p.social_account_id
      join social_account o on o.organization_id = coalesce(a.owner_organization_id, a.organization_id)
                           and o.id = coalesce(a.owner_account_id, a.id)
     where j.organization_id = :org and j.id = :job_id and j.fence = :fence and j.attempt_started_at is not null
       for no key update of j, o, a, p) held;

-- name: take_turn    if it is this post's. Under the locks of the account, the post and its job, of an earlier statement: it must see what
--   was committed before they were granted. `full_s`: how long until a send is less than `posts` sends away from the window's end, null:
--   there is room. `taken`: the holder of the turn is at work or about to be; one whose job waits for later has let it go. `behind`: an
--   earlier post waits for its turn, and not for another try. What was the post's turn already stays so, unless there is no room.
--   The post is begun with nothing that an earlier time or caption left. The jobs of the posts next in order, as far as they are due and
--   nobody holds them, would be pulled for nothing: they line up
with standing as materialized (
  select (select extract(epoch from s.at + :window_s * interval '1 second' - clock_timestamp())::float8
            from account_send s
           where coalesce(s.owner_account_id, s.account_id) = :owner_id and s.at > clock_timestamp() - :window_s * interval '1 second'
           order by s.at desc offset (select :posts - 1) limit 1) as full_s,
         exists (
           select from scheduled_post p join job j on j.organization_id = p.organization_id and j.id = p.job_id
            where p.organization_id = :org and p.id = :holder and j.finished_at is null
              and (j.attempt_started_at is not null or j.run_at <= clock_timestamp())) as taken,
         exists (
           select from scheduled_post p
            where p.organization_id = :org and p.social_account_id = :account_id and p.status = 'queued'
              and p.scheduled_for <= now() and (p.not_before is null or p.not_before <= now())
              and (p.scheduled_for, p.id) < (:scheduled_for, :post_id)) as behind),
mine as materialized (
  select from standing where coalesce(full_s, 0) <= 0 and (:holder = :post_id or not (taken or behind))),
turned as (
  update social_account set turn_post_id = :post_id
    from mine where organization_id = :org and id = :account_id and turn_post_id is distinct from :post_id),
begun as (
  update scheduled_post
     set phase = 'preparing', handle = null, request = null, content_revision = null, sealed = null, vault_key_id = null,
         version = version + 1
    from mine where organization_id = :org and id = :post_id and phase is null),
shown as (
  update job set progress = greatest(progress, :progress), stage = 'preparing', state_version = state_version + 1
    from mine where organization_id = :org and id = :job_id and fence = :fence and attempt_started_at is not null),
behind as materialized (
  select p.organization_id, p.job_id from mine cross join scheduled_post p
   where p.organization_id = :org and p.social_account_id = :account_id and p.status = 'queued'
     and p.scheduled_for <= now() and (p.scheduled_for, p.id) > (:scheduled_for, :post_id)
   order by p.scheduled_for, p.id limit :most),
held as materialized (
  select j.organization_id, j.id from behind b join job j on j.organization_id = b.organization_id and j.id = b.job_id
   where j.attempt_started_at is null and j.finished_at is null and j.run_at <= now() for no key update of j skip locked),
lined_up as (
  update job j set run_at = now() + :wait_s * interval '1 second', stage = 'scheduled', state_version = j.state_version + 1
    from held h where j.organization_id = h.organization_id and j.id = h.id)
select greatest(0, full_s) as full_s, taken, exists (select from mine) as mine from standing;

-- name: drop_turn    if it is this post's; under the account's lock
update social_account set turn_post_id = null where organization_id = :org and id = :account_id and turn_post_id = :post_id;

-- name: hasten_next    the first post in order whose job waits; one whose job somebody holds is awake or about to change.
--   Under the account's lock, which comes after jobs': so this waits for no job. It is as due as its post is: before those of later
--   posts, which would come for nothing
with next as materialized (
  select j.organization_id, j.id, p.scheduled_for
    from scheduled_post p join job j on j.organization_id = p.organization_id and j.id = p.job_id
   where p.organization_id = :org and p.social_account_id = :account_id and p.status = 'queued'
     and p.scheduled_for <= now() and (p.not_before is null or p.not_before <= now())
     and j.attempt_started_at is null and j.finished_at is null
   order by p.scheduled_for, p.id limit 1 for no key update of j skip locked)
update job j set run_at = n.scheduled_for, stage = 'queued', state_version = j.state_version + 1
  from next n where j.organization_id = n.organization_id and j.id = n.id and j.run_at > now();

-- name: hasten_sent    the posts that the platform has, or may have, and that are asked about: they wait for no turn
with waiting as materialized (
  select j.organization_id, j.id, p.scheduled_for
    from scheduled_post p join job j on j.organization_id = p.organization_id and j.id = p.job_id
   where p.organization_id = :org and p.social_account_id = :account_id and p.status = 'publishing'
     and (p.not_before is null or p.not_before <= now())
     and j.attempt_started_at is null and j.finished_at is null and j.run_at > now()
   order by p.scheduled_for, p.id limit :most for no key update of j skip locked)
update job j set run_at = w.scheduled_for, stage = 'queued', state_version = j.state_version + 1
  from waiting w where j.organization_id = w.organization_id and j.id = w.id;

-- name: publish_post    proved to be there, and its account's turn goes on (hasten_next says how). No row: another post of the account is
--   known to be this one; so may those of its owner be, and of whoever has leased it
with published as (
  update scheduled_post
     set status = 'published', phase = null, published_at = now(), external_id = :external_id, external_url = :external_url,
         sealed = null, vault_key_id = null, last_error = null, not_before = null, version = version + 1
   where organization_id = :org and id = :id
     and not exists (
       select from (select :org::uuid as organization_id, :account_id::uuid as account_id
                    union all select :owner_organization_id::uuid, :owner_id::uuid
                    union all select l.organization_id, l.account_id from account_lease l where l.owner_account_id = :owner_id) s
         join scheduled_post p on p.organization_id = s.organization_id and p.social_account_id = s.account_id
        where p.external_id = :external_id and p.id <> :id)
  returning id),
noted as (
  insert into post_event (organization_id, post_id, id, type) select :org, id, :event_id, 'published' from published),
turned as (
  update social_account set turn_post_id = null
   where organization_id = :org and id = :account_id and turn_post_id = :id),
next as materialized (
  select j.organization_id, j.id, p.scheduled_for
    from scheduled_post p join job j on j.organization_id = p.organization_id and j.id = p.job_id
   where p.organization_id = :org and p.social_account_id = :account_id and p.status = 'queued'
     and p.scheduled_for <= now() and (p.not_before is null or p.not_before <= now())
     and j.attempt_started_at is null and j.finished_at is null
   order by p.scheduled_for, p.id limit 1 for no key update of j skip locked),
woken as (
  update job j set run_at = n.scheduled_for, stage = 'queued', state_version = j.state_version + 1
    from next n where j.organization_id = n.organization_id and j.id = n.id and j.run_at > now())
select id from published;

-- name: mark_sending    from the commit on the platform may have it: its job can't be canceled, and its account's quota counts it. Nothing
--   of this where the quota has no room for `full_s` more seconds, or where the content is not approved, or has not the `revision` that
--   was prepared (null: that is no matter any more). With what was just prepared, where `prepared_id` says so. Under the locks of all
--   three, of an earlier statement: it must see each send that was written down before. No edit comes between: it would hold the project
--   alone
with room as materialized (
  select :revision::int is null or c.approval_status in ('approved', 'not_required') as approved,
         :revision is null or c.revision = :revision as current,
         (select extract(epoch from s.at + :window_s * interval '1 second' - clock_timestamp())::float8
            from account_send s
           where coalesce(s.owner_account_id, s.account_id) = :owner_id and s.at > clock_timestamp() - :window_s * interval '1 second'
           order by s.at desc offset (select :posts - 1) limit 1) as full_s
    from content_item c where c.organization_id = :org and c.id = :content_id),
go as materialized (select from room where approved and current and (full_s is null or full_s <= 0)),
spent as (
  insert into account_send (organization_id, account_id, owner_account_id, id, post_id, at)
  select :org, :account_id, nullif(:owner_id, :account_id), :send_id, :id, clock_timestamp() from go),
shown as (
  update job set progress = greatest(progress, :progress), stage = 'sending', cancelable = false, state_version = state_version + 1
    from go where organization_id = :org and id = :job_id and fence = :fence and attempt_started_at is not null),
noted as (
  insert into post_event (organization_id, post_id, id, type)
  select :org, :id, e.id, e.type
    from go, (values (:prepared_id::uuid, 'prepared'), (:event_id::uuid, 'sending')) as e (id, type) where e.id is not null),
marked as (
  update scheduled_post
     set status = 'publishing', phase = 'sending', attempted_at = coalesce(attempted_at, clock_timestamp()), sent_at = clock_timestamp(),
         handle = coalesce(:handle, handle), request = coalesce(:request, request),
         content_revision = coalesce(:content_revision, content_revision), sealed = case when :prepared_id is null then sealed else :sealed end,
         vault_key_id = case when :prepared_id is null then vault_key_id else :vault_key_id end,
         not_before = null, version = version + 1
    from go where organization_id = :org and id = :id
  returning sent_at)
select r.approved, r.current, r.full_s, m.sent_at from room r left join marked m on true;

-- name: delete_sends    of a post that is proved not to be there; a day is longer than its job lives
delete from account_send
 where organization_id = :org and account_id = :account_id and post_id = :post_id and at > now() - interval '1 day';

-- name: rest_account    the longest of the rests that the platform asked for
update social_account set cooldown_until = greatest(cooldown_until, now() + :rest_s * interval '1 second')
 where organization_id = :org and id = :account_id;

-- name: prune_sends    older than any window that counts them
with old as (
  select s.organization_id, s.account_id, s.id
    from account_send s join social_account a on a.id = coalesce(s.owner_account_id, s.account_id)
   where s.at < now() - :keep_s * interval '1 second'
     and (a.quota_window_s is null or s.at < now() - a.quota_window_s * interval '1 second')
   order by s.at limit :limit for update of s skip locked)
delete from account_send s using old
 where s.organization_id = old.organization_id and s.account_id = old.account_id and s.id = old.id;
