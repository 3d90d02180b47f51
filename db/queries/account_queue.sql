-- name: take_head    of the account's queue, if it is this post's turn; else why not
-- Under the locks of the account, the post and its job, of an earlier statement: it must see what was
-- committed before they were granted. What is at the head already stays there, unless the quota has no room.
with position as materialized (
  -- `full_s`: how long until a send is less than `posts` sends away from the window's end; null: there is
  -- room. `busy`: the post at the head is at work or about to be; one whose job waits for later has left it.
  -- `behind`: an earlier post waits in the queue, and not for another try.
  select (select extract(epoch from s.at + :window_s * interval '1 second' - clock_timestamp())::float8
            from account_send s
           where coalesce(s.owner_account_id, s.account_id) = :owner_id
             and s.at > clock_timestamp() - :window_s * interval '1 second'
           order by s.at desc
          offset (select :posts - 1)
           limit 1) as full_s,
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
-- One row if the post may go, else none.
head as materialized (
  select from position
   where coalesce(full_s, 0) <= 0
     and (:head_post_id = :post_id or not (busy or behind))),
moved_up as (
  update social_account
     set turn_post_id = :post_id
    from head
   where organization_id = :org
     and id = :account_id
     and turn_post_id is distinct from :post_id),
-- The post is begun with nothing that an earlier time or caption left.
begun as (
  update scheduled_post
     set phase = 'preparing',
         handle = null,
         request = null,
         content_revision = null,
         sealed = null,
         vault_key_id = null,
         version = version + 1
    from head
   where organization_id = :org
     and id = :post_id
     and phase is null),
shown as (
  update job
     set progress = greatest(progress, :progress),
         stage = 'preparing',
         state_version = state_version + 1
    from head
   where organization_id = :org
     and id = :job_id
     and fence = :fence
     and attempt_started_at is not null),
-- The posts next in order, as far as they are due.
behind as materialized (
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
-- Their jobs, as far as nobody holds them: they would be pulled for nothing.
free as materialized (
  select j.organization_id, j.id
    from behind b
    join job j on j.organization_id = b.organization_id and j.id = b.job_id
   where j.attempt_started_at is null
     and j.finished_at is null
     and j.run_at <= now()
     for no key update of j skip locked),
lined_up as (
  update job j
     set run_at = now() + :wait_s * interval '1 second',
         stage = 'scheduled',
         state_version = j.state_version + 1
    from free f
   where j.organization_id = f.organization_id
     and j.id = f.id)
select greatest(0, full_s) as full_s, busy, exists (select from head) as is_head
  from position;

-- name: leave_head    if this post is there; under the account's lock
update social_account
   set turn_post_id = null
 where organization_id = :org
   and id = :account_id
   and turn_post_id = :post_id;

-- name: wake_next    the first post in order whose job waits; under the account's lock
-- A job that somebody holds is awake or about to change. The account's lock comes after jobs': so this waits
-- for no job. The job is as due as its post is: before those of later posts, which would come for nothing.
with next as materialized (
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
     for no key update of j skip locked)
update job j
   set run_at = n.scheduled_for,
       stage = 'queued',
       state_version = j.state_version + 1
  from next n
 where j.organization_id = n.organization_id
   and j.id = n.id
   and j.run_at > now();

-- name: wake_sent    the posts that the platform has, or may have: they wait in no queue
with waiting as materialized (
  select j.organization_id, j.id, p.scheduled_for
    from scheduled_post p
    join job j on j.organization_id = p.organization_id and j.id = p.job_id
   where p.organization_id = :org
     and p.social_account_id = :account_id
     and p.status = 'publishing'
     and (p.not_before is null or p.not_before <= now())
     and j.attempt_started_at is null
     and j.finished_at is null
     and j.run_at > now()
   order by p.scheduled_for, p.id
   limit :most
     for no key update of j skip locked)
update job j
   set run_at = w.scheduled_for,
       stage = 'queued',
       state_version = j.state_version + 1
  from waiting w
 where j.organization_id = w.organization_id
   and j.id = w.id;
