-- Posts under reconciliation: their outcome or their external id is polled for.

-- name: find_lost    Return a post with an open outcome; `age_s` is the age of the polling job.
select p.project_id, p.social_account_id as account_id, p.status, p.handle, p.request, p.sent_at,
       o.env = 'test' as sandbox, clock_timestamp() as now,
       extract(epoch from now() - j.created_at)::float8 as age_s
  from scheduled_post p
  join organization o on o.id = p.organization_id
  join job j on j.organization_id = p.organization_id and j.id = :job_id
 where p.organization_id = :org
   and p.id = :id
   and (p.status in ('outcome_unknown', 'draft_in_inbox')
        or (p.status = 'published' and p.external_id is null))
   and p.handle is not null
   and p.sent_at is not null;

-- name: find_by_publish_id
-- Return posts with an open outcome or without an external id, of all tenants, by their platform's own id.
select p.organization_id, p.project_id, p.id, p.status, p.job_id
  from scheduled_post p
  join social_account a on a.organization_id = p.organization_id and a.id = p.social_account_id
 where p.handle->>'publishId' = :publish_id
   and a.platform = :platform
   and a.external_id = :external_id
   and a.status = 'connected'
   and (p.status in ('publishing', 'outcome_unknown', 'draft_in_inbox')
        or (p.status = 'published' and p.external_id is null))
 order by p.organization_id, p.id;

-- name: is_named
-- Return whether another post of the account, its owner or the owner's leases has this external id.
select exists (
  select from (
    select a.organization_id, a.id,
           coalesce(a.owner_organization_id, a.organization_id) as owner_organization_id,
           coalesce(a.owner_account_id, a.id) as owner_id
      from social_account a
     where a.organization_id = :org
       and a.id = :account_id) a
   cross join lateral (
     select a.organization_id, a.id as account_id
     union all select a.owner_organization_id, a.owner_id
     union all select l.organization_id, l.account_id
                 from account_lease l
                where l.owner_account_id = a.owner_id) s
    join scheduled_post p on p.organization_id = s.organization_id and p.social_account_id = s.account_id
   where p.external_id = :external_id
     and p.id <> :id);

-- part: of_lost_call    The end of each change of a post, if its last call is still the lost one.
version = version + 1,
       updated_at = now()
 where organization_id = :org
   and id = :id
   and {condition}
   and sent_at = :sent_at

-- name: publish_lost
-- Mark a lost post as published. No row: a person resolved it first, or it was sent again after that.
update scheduled_post
   set status = 'published',
       phase = null,
       published_at = case status when 'draft_in_inbox' then now() else sent_at end,
       external_id = :external_id,
       external_url = :external_url,
       last_error = null,
       {of_lost_call: status in ('outcome_unknown', 'draft_in_inbox')};

-- name: name_post    Store the external id of a published post.
update scheduled_post
   set external_id = :external_id,
       external_url = :external_url,
       {of_lost_call: status = 'published' and external_id is null};

-- name: draft_lost    Mark a lost post as a draft in its owner's inbox. No row: as for publish_lost.
update scheduled_post
   set status = 'draft_in_inbox',
       phase = null,
       last_error = null,
       {of_lost_call: status = 'outcome_unknown'};

-- name: fail_lost    Mark a lost post as failed. No row: as for publish_lost.
update scheduled_post
   set status = 'failed',
       last_error = :error,
       {of_lost_call: status = 'outcome_unknown'};
