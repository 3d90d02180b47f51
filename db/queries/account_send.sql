-- name: lock_sender    what the steps of an account's posts decide on, one after the other: its state, its turn, its rest
select platform, service_url, external_id, handle, traits, status, quota_posts, quota_window_s, turn_post_id,
       extract(epoch from cooldown_until - now())::float8 as rest_s
  from social_account where organization_id = :org and id = :account_id for no key update;

-- name: lock_sender_of    the same, of a post's account, which never changes
select id, platform, service_url, external_id, handle, traits, status, quota_posts, quota_window_s, turn_post_id,
       extract(epoch from cooldown_until - now())::float8 as rest_s
  from social_account
 where organization_id = :org
   and id = (select p.social_account_id from scheduled_post p where p.organization_id = :org and p.id = :post_id) for no key update;

-- name: has_turn    a post that is at work or about to be; one whose job waits for later has let its turn go
select exists (
  select from scheduled_post p join job j on j.organization_id = p.organization_id and j.id = p.job_id
   where p.organization_id = :org and p.id = :post_id and j.finished_at is null
     and (j.attempt_started_at is not null or j.run_at <= clock_timestamp()));

-- name: is_behind    an earlier post of the account waits for its turn, and not for another try
select exists (
  select from scheduled_post p
   where p.organization_id = :org and p.social_account_id = :account_id and p.status = 'queued'
     and p.scheduled_for <= now() and (p.not_before is null or p.not_before <= now())
     and (p.scheduled_for, p.id) < (:scheduled_for, :post_id));

-- name: set_turn    under the account's lock
update social_account set turn_post_id = :post_id where organization_id = :org and id = :account_id;

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

-- name: line_up    the jobs of the posts next in order, as far as they are due and nobody holds them: they would be pulled for nothing
with behind as materialized (
  select p.organization_id, p.job_id from scheduled_post p
   where p.organization_id = :org and p.social_account_id = :account_id and p.status = 'queued'
     and p.scheduled_for <= now() and (p.scheduled_for, p.id) > (:scheduled_for, :post_id)
   order by p.scheduled_for, p.id limit :most),
held as materialized (
  select j.organization_id, j.id from behind b join job j on j.organization_id = b.organization_id and j.id = b.job_id
   where j.attempt_started_at is null and j.finished_at is null and j.run_at <= now() for no key update of j skip locked)
update job j set run_at = now() + :wait_s * interval '1 second', stage = 'scheduled', state_version = j.state_version + 1
  from held h where j.organization_id = h.organization_id and j.id = h.id;

-- name: window_full_s    how long until a send is less than `posts` sends away from the window's end; no row: there is room
select extract(epoch from at + :window_s * interval '1 second' - clock_timestamp())::float8
  from account_send
 where organization_id = :org and account_id = :account_id and at > clock_timestamp() - :window_s * interval '1 second'
 order by at desc offset :posts - 1 limit 1;

-- name: insert_send    before the call, under the account's lock
insert into account_send (organization_id, account_id, id, post_id, at) values (:org, :account_id, :id, :post_id, clock_timestamp());

-- name: delete_sends    of a post that is proved not to be there; a day is longer than its job lives
delete from account_send
 where organization_id = :org and account_id = :account_id and post_id = :post_id and at > now() - interval '1 day';

-- name: rest_account    the longest of the rests that the platform asked for
update social_account set cooldown_until = greatest(cooldown_until, now() + :rest_s * interval '1 second')
 where organization_id = :org and id = :account_id;

-- name: prune_sends    older than any window that counts them
with old as (
  select s.organization_id, s.account_id, s.id
    from account_send s join social_account a on a.organization_id = s.organization_id and a.id = s.account_id
   where s.at < now() - :keep_s * interval '1 second'
     and (a.quota_window_s is null or s.at < now() - a.quota_window_s * interval '1 second')
   order by s.at limit :limit for update of s skip locked)
delete from account_send s using old
 where s.organization_id = old.organization_id and s.account_id = old.account_id and s.id = old.id;
