-- revision 1
-- Mark a post as published, complete its job with `job_result`, and make the next post of its account due. Return true; false:
-- another post has its external id, so nothing is changed; null: the attempt was fenced, or the post isn't being sent.
-- Locks and checks are separate statements, since a snapshot is older than a lock of its own statement. So the wake sees each job
-- that was put back under the account's lock. They are one function, so that they are one round trip.
create or replace function publish_post(org uuid, post uuid, publish_job uuid, job_fence bigint, event_id uuid, event_details jsonb,
                                        new_external_id text, new_external_url text, job_result jsonb)
returns boolean
language plpgsql volatile
as $$
#variable_conflict use_variable
declare
    mine record;
begin
    select a.id as account_id, o.organization_id as owner_org, o.id as owner_id
      into mine
      from job j
      join scheduled_post p on p.organization_id = j.organization_id and p.id = post and p.job_id = j.id
      join social_account a on a.organization_id = p.organization_id and a.id = p.social_account_id
      join social_account o on o.organization_id = coalesce(a.owner_organization_id, a.organization_id)
                           and o.id = coalesce(a.owner_account_id, a.id)
     where j.organization_id = org and j.id = publish_job and j.fence = job_fence and j.attempt_started_at is not null
       and j.cancel_requested_at is null and p.status = 'publishing'
       for no key update of j, o, a, p;
    if not found then
        return null;
    end if;
    -- No other post of the account, its owner or the owner's leases may have the external id.
    if exists (
        select from (select org, mine.account_id
                      union all
                     select mine.owner_org, mine.owner_id
                      union all
                     select l.organization_id, l.account_id from account_lease l where l.owner_account_id = mine.owner_id) s (org, account_id)
          join scheduled_post p on p.organization_id = s.org and p.social_account_id = s.account_id
         where p.external_id = new_external_id and p.id <> post) then
        return false;
    end if;
    update scheduled_post p
       set status = 'published', phase = null, published_at = now(), external_id = new_external_id, external_url = new_external_url,
           sealed = null, vault_key_id = null, last_error = null, not_before = null, version = p.version + 1, updated_at = now()
     where p.organization_id = org and p.id = post;
    insert into post_event (organization_id, post_id, id, type, details)
    values (org, post, event_id, 'published', event_details);
    update social_account a
       set turn_post_id = null
     where a.organization_id = org and a.id = mine.account_id and a.turn_post_id = post;
    perform wake_next_post(org, mine.account_id);
    perform settle_jobs(array[org], array[publish_job], array[job_fence], array['completed'], array[job_result], array[null::jsonb],
                        array[null::double precision], 0, null);
    return true;
end $$;
