-- revision 2
-- Put a queued post at the head of its account's queue if it is next and the quota has room. Return its
-- position, by which a post at the head stays there unless the quota has no room. No row: the attempt was fenced, or the post
-- was canceled, blocked or given another job. `posts` and `window_s` are the quota, null without one; the
-- operator's own, read under the lock, wins. `margin_s` lengthens it.
-- Locks and checks are separate statements, since a snapshot is older than a lock of its own statement. They are one
-- function, so that they are one round trip.
create or replace function take_queue_head(org uuid, post uuid, publish_job uuid, job_fence bigint, posts integer,
                                           window_s double precision, margin_s double precision,
                                           postponed integer, wait_s double precision)
returns table (full_s double precision, busy boolean, is_head boolean)
language plpgsql volatile
as $$
#variable_conflict use_variable
declare
    mine record;
    behind boolean;
    moment timestamptz;
begin
    select p.social_account_id as account_id, o.id as owner_id, a.turn_post_id as head_post_id, p.scheduled_for,
           o.quota_posts, o.quota_window_s
      into mine
      from job j
      join scheduled_post p on p.organization_id = j.organization_id and p.id = post and p.job_id = j.id
      join social_account a on a.organization_id = p.organization_id and a.id = p.social_account_id
      join social_account o on o.organization_id = coalesce(a.owner_organization_id, a.organization_id)
                           and o.id = coalesce(a.owner_account_id, a.id)
     where j.organization_id = org and j.id = publish_job and j.fence = job_fence and j.attempt_started_at is not null
       and j.cancel_requested_at is null and p.status = 'queued'
       for no key update of j, o, a, p;
    if not found then
        return;
    end if;
    moment := clock_timestamp();
    -- `busy`: the post at the head is at work or about to be; a post with a later job has left the head.
    -- `behind`: an earlier post waits in the queue, and not for another attempt.
    select greatest(0, quota_room_in_s(mine.owner_id, coalesce(mine.quota_posts, posts),
                                       coalesce(mine.quota_window_s, window_s) + margin_s)),
           exists (
            select from scheduled_post p
              join job j on j.organization_id = p.organization_id and j.id = p.job_id
             where p.organization_id = org and p.id = mine.head_post_id and j.finished_at is null
               and (j.attempt_started_at is not null or j.run_at <= moment)),
           exists (
            select from scheduled_post p
             where p.organization_id = org and p.social_account_id = mine.account_id and p.status = 'queued'
               and p.scheduled_for <= moment and (p.not_before is null or p.not_before <= moment)
               and (p.scheduled_for, p.id) < (mine.scheduled_for, post))
      into full_s, busy, behind;
    is_head := coalesce(full_s, 0) <= 0 and (mine.head_post_id is not distinct from post or not (busy or behind));
    return next;
    if not is_head then
        return;
    end if;
    update job j
       set progress = greatest(j.progress, 0.1), stage = 'preparing', state_version = j.state_version + 1
     where j.organization_id = org and j.id = publish_job;
    if mine.head_post_id is distinct from post then
        update social_account a
           set turn_post_id = post
         where a.organization_id = org and a.id = mine.account_id;
    end if;
    with next_posts as materialized (
        -- The next due posts in order.
        select p.job_id
          from scheduled_post p
         where p.organization_id = org and p.social_account_id = mine.account_id and p.status = 'queued'
           and p.scheduled_for <= moment and (p.scheduled_for, p.id) > (mine.scheduled_for, post)
         order by p.scheduled_for, p.id
         limit postponed),
    unlocked_jobs as materialized (
        -- Their unlocked jobs, which would be pulled in vain.
        select j.id
          from next_posts n join job j on j.organization_id = org and j.id = n.job_id
         where j.attempt_started_at is null and j.finished_at is null and j.run_at <= moment
           for no key update of j skip locked)
    update job j
       set run_at = moment + wait_s * interval '1 second', stage = 'scheduled', state_version = j.state_version + 1
      from unlocked_jobs u
     where j.organization_id = org and j.id = u.id;
end $$;
