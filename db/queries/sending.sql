-- The account queue and the sends of an account: statements under the account's lock.

-- part: room_in_s    Seconds until the quota has room for another send; null: it has room.
(select extract(epoch from s.at + :window_s * interval '1 second' - clock_timestamp())::float8
   from account_send s
  where coalesce(s.owner_account_id, s.account_id) = :owner_id
    and s.at > clock_timestamp() - :window_s * interval '1 second'
  order by s.at desc
 offset (select :posts - 1)
  limit 1)

-- name: get_room    Return the seconds until the quota has room for another send; null: it has room.
select {room_in_s} as full_s;

-- part: next_job
-- CTE with the job of the first waiting post in order. It uses the statement's time: the transaction may have
-- begun before the post was due.
next as materialized (
  -- Skips a locked job, which is awake or about to change. Jobs are locked before accounts, so this must not
  -- wait for a job.
  select j.organization_id, j.id, p.scheduled_for
    from scheduled_post p
    join job j on j.organization_id = p.organization_id and j.id = p.job_id
   where p.organization_id = :org
     and p.social_account_id = :account_id
     and p.status = 'queued'
     and p.scheduled_for <= statement_timestamp()
     and (p.not_before is null or p.not_before <= statement_timestamp())
     and j.attempt_started_at is null
     and j.finished_at is null
   order by p.scheduled_for, p.id
   limit 1
     for no key update of j skip locked)

-- name: take_head
-- Take the head of the account's queue for this post if it is next; else return the obstacle. The account,
-- the post and its job were locked by an earlier statement, so this one sees everything committed before. A
-- post at the head stays there, unless the quota has no room.
with position as materialized (
  -- `busy`: the post at the head is at work or about to be; a post with a later job has left the head.
  -- `behind`: an earlier post waits in the queue, and not for another attempt.
  select {room_in_s} as full_s,
         exists (
           select from scheduled_post p
             join job j on j.organization_id = p.organization_id and j.id = p.job_id
            where p.organization_id = :org
              and p.id = :head_post_id
              and j.finished_at is null
              and (j.attempt_started_at is not null or j.run_at <= clock_timestamp())) as busy,
         exists (
           select from scheduled_post p
            where p.organization_id = :org
              and p.social_account_id = :account_id
              and p.status = 'queued'
              and p.scheduled_for <= now()
              and (p.not_before is null or p.not_before <= now())
              and (p.scheduled_for, p.id) < (:scheduled_for, :post_id)) as behind),
head as materialized (
  -- One row if the post may go, else none.
  select from position
   where coalesce(full_s, 0) <= 0
     and (:head_post_id = :post_id or not (busy or behind))),
marked_head as (
  update social_account
     set turn_post_id = :post_id
    from head
   where organization_id = :org
     and id = :account_id
     and turn_post_id is distinct from :post_id),
started_post as (
  -- Clears what an earlier time or caption left.
  update scheduled_post
     set phase = 'preparing',
         handle = null,
         request = null,
         content_revision = null,
         sealed = null,
         vault_key_id = null,
         version = version + 1,
         updated_at = now()
    from head
   where organization_id = :org
     and id = :post_id
     and phase is null),
shown_progress as (
  update job
     set progress = greatest(progress, :progress),
         stage = 'preparing',
         state_version = state_version + 1
    from head
   where organization_id = :org
     and id = :job_id
     and fence = :fence
     and attempt_started_at is not null),
next_posts as materialized (
  -- The next due posts in order.
  select p.organization_id, p.job_id
    from head
   cross join scheduled_post p
   where p.organization_id = :org
     and p.social_account_id = :account_id
     and p.status = 'queued'
     and p.scheduled_for <= now()
     and (p.scheduled_for, p.id) > (:scheduled_for, :post_id)
   order by p.scheduled_for, p.id
   limit :most),
unlocked_jobs as materialized (
  -- Their unlocked jobs, which would be pulled in vain.
  select j.organization_id, j.id
    from next_posts b
    join job j on j.organization_id = b.organization_id and j.id = b.job_id
   where j.attempt_started_at is null
     and j.finished_at is null
     and j.run_at <= now()
     for no key update of j skip locked),
postponed_jobs as (
  update job j
     set run_at = now() + :wait_s * interval '1 second',
         stage = 'scheduled',
         state_version = j.state_version + 1
    from unlocked_jobs f
   where j.organization_id = f.organization_id
     and j.id = f.id)
select greatest(0, full_s) as full_s, busy, exists (select from head) as is_head
  from position;

-- name: leave_head    Leave the head if this post has it; the caller locked the account.
update social_account
   set turn_post_id = null
 where organization_id = :org
   and id = :account_id
   and turn_post_id = :post_id;

-- part: wake_job
-- Make the jobs in `next` due. Each gets its post's time, which precedes the jobs of later posts, as these
-- would run in vain.
update job j
   set run_at = n.scheduled_for,
       stage = 'queued',
       state_version = j.state_version + 1
  from next n
 where j.organization_id = n.organization_id
   and j.id = n.id
   and j.run_at > statement_timestamp()

-- name: wake_next    Make the job of the first waiting post due; the caller locked the account.
with {next_job}
{wake_job};

-- name: wake_sent    Make the jobs of posts due that the platform has, or may have: they wait in no queue.
with next as materialized (
  -- The earlier posts' jobs first.
  select j.organization_id, j.id, p.scheduled_for
    from scheduled_post p
    join job j on j.organization_id = p.organization_id and j.id = p.job_id
   where p.organization_id = :org
     and p.social_account_id = :account_id
     and p.status = 'publishing'
     and (p.not_before is null or p.not_before <= statement_timestamp())
     and j.attempt_started_at is null
     and j.finished_at is null
     and j.run_at > statement_timestamp()
   order by p.scheduled_for, p.id
   limit :most
     for no key update of j skip locked)
{wake_job};

-- name: mark_sending
-- Mark a post as sending: from the commit on the platform may have it. No `sent_at`: nothing was marked. Its
-- job can't be canceled any more, and its account's quota counts it. The account, the post and its job were
-- locked by an earlier statement, so this one sees every send recorded before. No edit can interfere: it
-- would lock the project exclusively.
with checks as materialized (
  -- `revision` is the prepared one; null: any.
  select :revision::int is null or c.approval_status in ('approved', 'not_required') as approved,
         :revision is null or c.revision = :revision as current,
         {room_in_s} as full_s
    from content_item c
   where c.organization_id = :org
     and c.id = :content_id),
allowed as materialized (
  -- One row if the post may be sent, else none.
  select from checks
   where approved
     and current
     and (full_s is null or full_s <= 0)),
inserted_send as (
  insert into account_send (organization_id, account_id, owner_account_id, id, post_id, at)
  select :org, :account_id, nullif(:owner_id, :account_id), :send_id, :id, clock_timestamp()
    from allowed),
shown_progress as (
  update job
     set progress = greatest(progress, :progress),
         stage = 'sending',
         cancelable = false,
         state_version = state_version + 1
    from allowed
   where organization_id = :org
     and id = :job_id
     and fence = :fence
     and attempt_started_at is not null),
inserted_events as (
  insert into post_event (organization_id, post_id, id, type)
  select :org, :id, e.id, e.type
    from allowed, (values (:prepared_id::uuid, 'prepared'), (:event_id::uuid, 'sending')) as e (id, type)
   where e.id is not null),
marked_post as (
  -- Stores the newly prepared call too if `prepared_id` is given.
  update scheduled_post
     set status = 'publishing',
         phase = 'sending',
         attempted_at = coalesce(attempted_at, clock_timestamp()),
         sent_at = clock_timestamp(),
         handle = coalesce(:handle, handle),
         request = coalesce(:request, request),
         ai_label = coalesce(:ai_label, ai_label),
         content_revision = coalesce(:content_revision, content_revision),
         sealed = case when :prepared_id is null then sealed else :sealed end,
         vault_key_id = case when :prepared_id is null then vault_key_id else :vault_key_id end,
         not_before = null,
         version = version + 1,
         updated_at = now()
    from allowed
   where organization_id = :org
     and id = :id
  returning sent_at)
select r.approved, r.current, r.full_s, m.sent_at
  from checks r
  left join marked_post m on true;

-- name: publish_post
-- Mark a post as published and advance its account's queue. No row: another post has its external id.
with published as (
  -- No other post of the account, its owner or the owner's leases may have the external id.
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
         version = version + 1,
         updated_at = now()
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
inserted_event as (
  insert into post_event (organization_id, post_id, id, type, details)
  select :org, id, :event_id, 'published', :details
    from published),
left_head as (
  -- As leave_head and wake_next, without a round trip for each.
  update social_account
     set turn_post_id = null
   where organization_id = :org
     and id = :account_id
     and turn_post_id = :id),
{next_job},
woken_job as (
  {wake_job})
select id
  from published;
