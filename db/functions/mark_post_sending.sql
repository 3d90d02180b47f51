-- revision 3
-- Mark a post as sending: from the commit on the platform may have it. Its job can't be canceled any more, and its account's
-- quota counts it. Return the checks, and the time of the mark if it was made. No row: the attempt was fenced, the post or its
-- job was canceled, the project is archived, or the account can't send now. `late_s` is the delay from which a post isn't sent.
-- `prepared_id` and the content's `prepared_revision` are given with a newly prepared call, which is stored too. Otherwise the stored
-- call is checked by its own revision. `repeats`: the same bytes go out again after a lost answer, so no edit counts.
-- `posts` and `window_s` are the quota, null without one; the operator's own, read under the lock, wins. `margin_s` lengthens it.
-- Locks and checks are separate statements, since a snapshot is older than a lock of its own statement: the checks see every
-- send recorded before. They are one function, so that they are one round trip. No edit can interfere: it would lock the
-- project exclusively.
create or replace function mark_post_sending(org uuid, project uuid, post uuid, publish_job uuid, job_fence bigint, late_s double precision,
                                             posts integer, window_s double precision, margin_s double precision,
                                             repeats boolean, send_id uuid, prepared_id uuid, event_id uuid,
                                             prepared_revision integer, prepared_handle jsonb, prepared_request bytea,
                                             prepared_sealed bytea, prepared_key_id text, label text)
returns table (approved boolean, current boolean, full_s double precision, sent_at timestamptz)
language plpgsql volatile
as $$
#variable_conflict use_variable
declare
    mine record;
begin
    -- The locks of share_project in db/queries/project.sql.
    perform pg_advisory_xact_lock_shared(74, hashtext(project::text));
    perform from project r where r.organization_id = org and r.id = project and r.status = 'active' for share;
    if not found then
        return;
    end if;
    select p.content_id, p.scheduled_for, a.id as account_id, nullif(o.id, a.id) as owner_account_id, o.id as owner_id, o.cooldown_until,
           o.quota_posts, o.quota_window_s,
           case when prepared_id is null then p.content_revision else prepared_revision end as revision
      into mine
      from job j
      join scheduled_post p on p.organization_id = j.organization_id and p.id = post and p.job_id = j.id
      join social_account a on a.organization_id = p.organization_id and a.id = p.social_account_id
      join social_account o on o.organization_id = coalesce(a.owner_organization_id, a.organization_id)
                           and o.id = coalesce(a.owner_account_id, a.id)
     where j.organization_id = org and j.id = publish_job and j.fence = job_fence and j.attempt_started_at is not null
       and j.cancel_requested_at is null and p.status in ('queued', 'publishing')
       and a.status <> 'disconnected' and o.status = 'connected'
       for no key update of j, o, a, p;
    if not found or mine.cooldown_until > clock_timestamp()
       or mine.scheduled_for <= clock_timestamp() - late_s * interval '1 second' then
        return;
    end if;
    -- Content with an expired or deleted claim counts as unapproved.
    select repeats or c.approval_status in ('approved', 'not_required')
                      and not exists (select
                                        from unnest(c.approved_claim_ids) as u (id)
                                        left join approved_claim a on a.organization_id = org and a.id = u.id
                                       where coalesce(a.valid_until <= clock_timestamp(), true)),
           repeats or coalesce(c.revision = mine.revision, false),
           quota_room_in_s(mine.owner_id, coalesce(mine.quota_posts, posts), coalesce(mine.quota_window_s, window_s) + margin_s)
      into approved, current, full_s
      from content_item c
     where c.organization_id = org and c.id = mine.content_id;
    if approved and current and coalesce(full_s, 0) <= 0 then
        sent_at := clock_timestamp();
        insert into account_send (organization_id, account_id, owner_account_id, id, post_id, at)
        values (org, mine.account_id, mine.owner_account_id, send_id, post, sent_at);
        update job j
           set progress = greatest(j.progress, 0.5), stage = 'sending', cancelable = false, state_version = j.state_version + 1
         where j.organization_id = org and j.id = publish_job;
        insert into post_event (organization_id, post_id, id, type)
        select org, post, e.id, e.type
          from (values (prepared_id, 'prepared'), (event_id, 'sending')) as e (id, type)
         where e.id is not null;
        update scheduled_post p
           set status = 'publishing', phase = 'sending', attempted_at = coalesce(p.attempted_at, sent_at), sent_at = sent_at,
               handle = coalesce(prepared_handle, p.handle), request = coalesce(prepared_request, p.request),
               ai_label = coalesce(label, p.ai_label),
               content_revision = mine.revision,
               sealed = case when prepared_id is null then p.sealed else prepared_sealed end,
               vault_key_id = case when prepared_id is null then p.vault_key_id else prepared_key_id end,
               not_before = null, version = p.version + 1, updated_at = now()
         where p.organization_id = org and p.id = post;
    end if;
    return next;
end $$;
