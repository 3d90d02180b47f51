-- The account queue and the sends of an account: statements under the account's lock.

-- name: get_room    Return the seconds until the quota has room for another send; null: it has room.
select quota_room_in_s(:owner_id, :posts, :window_s) as full_s;

-- name: take_head    Take the head of the account's queue by an SQL function, or return the obstacle.
select full_s, busy, is_head
  from take_queue_head(:org, :post_id, :job_id, :fence, :posts, :window_s, :margin_s, :most, :wait_s);

-- name: leave_head    Leave the head if this post has it; the caller locked the account.
update social_account
   set turn_post_id = null
 where organization_id = :org
   and id = :account_id
   and turn_post_id = :post_id;

-- name: wake_next    Make the job of the first waiting post due; the caller locked the account.
select wake_next_post(:org, :account_id);

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
-- Each job gets its post's time, which precedes the jobs of later posts.
update job j
   set run_at = n.scheduled_for,
       stage = 'queued',
       state_version = j.state_version + 1
  from next n
 where j.organization_id = n.organization_id
   and j.id = n.id
   and j.run_at > statement_timestamp();

-- name: mark_sending    Mark a post as sending by an SQL function. No row: it can't be sent now.
select approved, current, full_s, sent_at
  from mark_post_sending(
         :org, :project_id, :id, :job_id, :fence, :late_s, :posts, :window_s, :margin_s, :repeats,
         :send_id, :prepared_id, :event_id, :revision, :handle, :request, :sealed, :vault_key_id, :ai_label);

-- name: publish_post
-- Mark a post as published and end its job, by an SQL function. Null: fenced; false: another post has the id.
select publish_post(:org, :id, :job_id, :fence, :event_id, :details, :external_id, :external_url, :result);
