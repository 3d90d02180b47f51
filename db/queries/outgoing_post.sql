-- Steps of a post's own job, under its account's lock; sending.sql has those that count a send.

-- part: next_version    The end of an update that gives a post its next version.
version = version + 1,
       updated_at = now()
 where organization_id = :org
   and id = :id

-- name: keep_prepared    Store a prepared call, or a step of its preparation.
with inserted_event as (
  -- Only the complete preparation is an event.
  insert into post_event (organization_id, post_id, id, type)
  select :org, :id, :event_id, 'prepared'
   where :phase = 'prepared')
update scheduled_post
   set phase = :phase,
       handle = :handle,
       request = :request,
       content_revision = :content_revision,
       sealed = :sealed,
       vault_key_id = :vault_key_id,
       {next_version};

-- name: prepare_again    Restart the preparation: the content was edited, or the prepared call is outdated.
update scheduled_post
   set phase = 'preparing',
       handle = null,
       request = null,
       content_revision = null,
       sealed = null,
       vault_key_id = null,
       {next_version};

-- name: requeue    Return a post to the queue after proof that it isn't live.
update scheduled_post
   set status = 'queued',
       phase = case when phase is null or phase = 'preparing' then phase else 'prepared' end,
       not_before = null,
       {next_version};

-- name: hold_back    Hold a post back until its next attempt.
update scheduled_post
   set not_before = now() + :wait_s * interval '1 second'
 where organization_id = :org
   and id = :id;

-- name: find_refused    Return the held-back posts with a refused token.
select id
  from scheduled_post
 where organization_id = :org
   and social_account_id = :account_id
   and status in ('queued', 'publishing')
   and scheduled_for <= statement_timestamp()
   and not_before > statement_timestamp()
   and last_error->>'category' = 'auth'
 order by scheduled_for, id
 limit :most;

-- name: release_post    Release a held-back post; the caller locked its account.
update scheduled_post
   set not_before = null
 where organization_id = :org
   and id = :id;

-- name: fail_post    Mark a post as failed; its job ends with it.
update scheduled_post
   set status = 'failed',
       sealed = null,
       vault_key_id = null,
       {next_version};

-- name: keep_error    Store the last error of a post.
update scheduled_post
   set last_error = :error,
       {next_version};

-- name: get_error    Return the last error of a post.
select last_error
  from scheduled_post
 where organization_id = :org
   and id = :id;

-- name: accept_post    Record that the platform is processing a post.
update scheduled_post
   set phase = :phase,
       handle = :handle,
       {next_version};

-- name: leave_in_inbox    Mark a post as a draft in its owner's inbox, who alone can publish it.
update scheduled_post
   set status = 'draft_in_inbox',
       phase = null,
       sealed = null,
       vault_key_id = null,
       last_error = null,
       not_before = null,
       {next_version};
