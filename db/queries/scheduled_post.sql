-- Scheduling: what becomes of posts before they are sent, and what a person says of them after.

-- name: count_open    in one project, under its lock
select count(*) filter (where status <> 'publishing') as waiting, count(*) filter (where status = 'publishing') as in_flight
  from scheduled_post
 where organization_id = :org and project_id = :project_id and status in ('blocked', 'queued', 'publishing');

-- name: find_content    where it belongs, which never changes, the zone there, and which of the accounts belong there too
select c.project_id, p.timezone, now() as now,
       array(select a.id from social_account a
              where a.organization_id = c.organization_id and a.project_id = c.project_id and a.id = any(:account_ids)) as known
  from content_item c join project p on p.organization_id = c.organization_id and p.id = c.project_id
 where c.organization_id = :org and c.id = :id;

-- name: share_content    against edits and decisions
select status, caption, approval_status from content_item where organization_id = :org and id = :id for share;

-- name: list_assets
select kind, mime_type, size_bytes, duration_ms, sha256 from content_asset where organization_id = :org and content_id = :content_id order by position;

-- name: lock_accounts    against disconnects, and so that no two schedules overlook each other's posts
select id, project_id, platform, traits, status, offered_at is not null as offered, turn_post_id from social_account
 where organization_id = :org and id = any(:ids) order by id for no key update;

-- name: find_same    for each of these, by place, a post of the same to the same account within a day of its time
select t.place, p.id
  from unnest(:account_ids::uuid[], :fingerprints::bytea[]) with ordinality as t (account_id, fingerprint, place)
 cross join lateral (
   select s.id from scheduled_post s
    where s.organization_id = :org and s.social_account_id = t.account_id and s.fingerprint = t.fingerprint
      and s.id is distinct from :but and s.status not in ('canceled', 'failed')
      and s.scheduled_for > :at::timestamptz - interval '24 hours' and s.scheduled_for < :at::timestamptz + interval '24 hours'
    limit 1) p
 order by t.place;

-- name: insert_posts
insert into scheduled_post (organization_id, project_id, id, content_id, social_account_id, platform, mode, privacy_level, status,
                            job_id, scheduled_for, caption_override, fingerprint)
select :org, :project_id, t.id, :content_id, t.account_id, t.platform, t.mode, t.privacy_level, :status, t.job_id, :scheduled_for,
       t.caption_override, t.fingerprint
  from unnest(:ids::uuid[], :account_ids::uuid[], :platforms::text[], :modes::text[], :privacy_levels::text[], :job_ids::uuid[],
              :caption_overrides::text[], :fingerprints::bytea[])
       as t (id, account_id, platform, mode, privacy_level, job_id, caption_override, fingerprint);

-- name: find_post    what says which rows to lock, in their order, before its own
select p.project_id, p.content_id, p.social_account_id, p.job_id, p.version, j.timezone
  from scheduled_post p join project j on j.organization_id = p.organization_id and j.id = p.project_id
 where p.organization_id = :org and p.id = :id;

-- name: lock_post
select * from scheduled_post where organization_id = :org and id = :id for no key update;

-- name: move_post    what was prepared is prepared again
update scheduled_post
   set scheduled_for = :scheduled_for, status = :status, job_id = :job_id, phase = null, not_before = null, version = version + 1
 where organization_id = :org and id = :id;

-- name: cancel_posts    those that wait; locks by id
with waiting as materialized (
  select id from scheduled_post
   where organization_id = :org and id = any(:ids) and status in ('blocked', 'queued') order by id for no key update)
update scheduled_post p
   set status = 'canceled', phase = null, canceled_at = now(), cancel_reason = :reason, sealed = null, vault_key_id = null,
       version = version + 1
  from waiting w where p.organization_id = :org and p.id = w.id
returning p.id;

-- name: list_blocked    the next batch of an archived project
select id, job_id, social_account_id from scheduled_post
 where organization_id = :org and project_id = :project_id and status = 'blocked' order by id limit :limit;

-- name: list_waiting_of_account
select id, job_id, social_account_id from scheduled_post
 where organization_id = :org and social_account_id = :account_id and status in ('blocked', 'queued')
   and project_id = (select project_id from social_account where organization_id = :org and id = :account_id);

-- name: list_waiting_of_content
select id, job_id, social_account_id from scheduled_post
 where organization_id = :org and content_id = :content_id and status in ('blocked', 'queued');

-- name: list_captioned    those that wait with their content's own caption
select id, social_account_id from scheduled_post
 where organization_id = :org and content_id = :content_id and status in ('blocked', 'queued') and caption_override is null
 order by id;

-- name: list_stopped_of_content    whose jobs run and were asked to cancel; `reason` is the same for all
select p.id, p.job_id, p.social_account_id, case o.status when 'archived' then 'project_archived' else 'job_canceled' end as reason
  from scheduled_post p
  join job j on j.organization_id = p.organization_id and j.id = p.job_id and j.cancel_requested_at is not null
  join project o on o.organization_id = p.organization_id and o.id = p.project_id
 where p.organization_id = :org and p.content_id = :content_id and p.status = 'queued';

-- name: block_posts    those that wait for their time with a job that was just canceled; locks by id
with waiting as materialized (
  select id from scheduled_post
   where organization_id = :org and content_id = :content_id and status = 'queued' order by id for no key update)
update scheduled_post p
   set status = 'blocked', job_id = null, phase = null, not_before = null, handle = null, request = null, content_revision = null,
       sealed = null, vault_key_id = null, version = version + 1
  from waiting w where p.organization_id = :org and p.id = w.id
returning p.id;

-- name: lock_blocked    of one content
select id, scheduled_for from scheduled_post
 where organization_id = :org and content_id = :content_id and status = 'blocked' order by id for no key update;

-- name: release_posts    locked before
update scheduled_post p set status = 'queued', job_id = t.job_id, version = version + 1
  from unnest(:ids::uuid[], :job_ids::uuid[]) as t (id, job_id) where p.organization_id = :org and p.id = t.id;

-- name: keep_blocked    whose time has passed; locked before
update scheduled_post set version = version + 1 where organization_id = :org and id = any(:ids);

-- name: rewrite_posts    of an edited content, those that may go out yet and have no caption of their own; locks by id
with waiting as materialized (
  select id from scheduled_post
   where organization_id = :org and content_id = :content_id and status in ('blocked', 'queued', 'failed') and caption_override is null
   order by id for no key update)
update scheduled_post p set fingerprint = :fingerprint from waiting w where p.organization_id = :org and p.id = w.id;

-- name: lock_accounts_of_jobs    before their posts
select a.id, a.turn_post_id
  from unnest(:orgs::uuid[], :job_ids::uuid[]) as t (org, job_id)
  join scheduled_post p on p.organization_id = t.org and p.job_id = t.job_id and p.status in ('queued', 'publishing')
  join social_account a on a.organization_id = p.organization_id and a.id = p.social_account_id
 order by a.organization_id, a.id for no key update of a;

-- name: end_posts    as their jobs ended. From `sending` on a platform may have it; an error that the sending noted says more than
--   the job's
with held as materialized (
  select p.organization_id, p.id, o.status = 'archived' as archived, j.error,
         case when p.phase in ('sending', 'accepted', 'confirming') then 'outcome_unknown' else j.state end as status
    from unnest(:orgs::uuid[], :job_ids::uuid[]) as t (org, job_id)
    join job j on j.organization_id = t.org and j.id = t.job_id and j.state in ('failed', 'canceled')
    join scheduled_post p on p.organization_id = t.org and p.job_id = t.job_id
    join project o on o.organization_id = t.org and o.id = p.project_id
   where p.status in ('queued', 'publishing') order by p.organization_id, p.id for no key update of p)
update scheduled_post p
   set status = h.status, sealed = null, vault_key_id = null, canceled_at = case h.status when 'canceled' then now() end,
       cancel_reason = case h.status when 'canceled' then case when h.archived then 'project_archived' else 'job_canceled' end end,
       last_error = case when h.error is null or h.error->>'code' = p.last_error->>'code' then p.last_error
                         else h.error || jsonb_build_object('category', case h.error->>'code' when 'DEADLINE' then 'too_late' else 'unknown' end) end,
       version = p.version + 1
  from held h where p.organization_id = h.organization_id and p.id = h.id
returning p.organization_id, p.project_id, p.id, p.status, coalesce(p.cancel_reason, h.error->>'code') as reason, now() as now;

-- name: resolve_post    as a person found it
update scheduled_post
   set status = :status, resolved_at = now(), version = version + 1, external_url = coalesce(:external_url, external_url),
       published_at = case when :status = 'published' then coalesce(sent_at, now()) end, last_error = :error
 where organization_id = :org and id = :id;

-- Sending: the steps of a post's own job, under its account's lock (domain/publishing/sending.py; account_send.sql has those that turn it).

-- name: get_draft    what goes out, whether it does so in earnest, and what opens the account: a row for each file, or one without any
select k.sealed, k.vault_key_id, k.generation, k.expires_at,
       coalesce(p.caption_override, c.caption) as caption, c.revision, j.primary_language as language, o.env = 'test' as sandbox,
       a.id, a.kind, a.mime_type, a.size_bytes, a.width, a.height, a.duration_ms, a.token
  from scheduled_post p
  join content_item c on c.organization_id = p.organization_id and c.id = p.content_id
  join project j on j.organization_id = p.organization_id and j.id = p.project_id
  join organization o on o.id = p.organization_id
  join account_credential k on k.organization_id = :owner_organization_id and k.account_id = :owner_id
  left join content_asset a on a.organization_id = c.organization_id and a.content_id = c.id
 where p.organization_id = :org and p.id = :id
 order by a.position;

-- name: keep_prepared    or a step on the way there
with noted as (
  insert into post_event (organization_id, post_id, id, type) select :org, :id, :event_id, 'prepared' where :phase = 'prepared')
update scheduled_post
   set phase = :phase, handle = :handle, request = :request, content_revision = :content_revision, sealed = :sealed,
       vault_key_id = :vault_key_id, version = version + 1
 where organization_id = :org and id = :id;

-- name: prepare_again    its content was edited since, or what was prepared is of no more use
update scheduled_post
   set phase = 'preparing', handle = null, request = null, content_revision = null, sealed = null, vault_key_id = null,
       version = version + 1
 where organization_id = :org and id = :id;

-- name: put_back    proved not to be there
update scheduled_post
   set status = 'queued', phase = case phase when 'preparing' then 'preparing' else 'prepared' end, not_before = null,
       version = version + 1
 where organization_id = :org and id = :id;

-- name: hold_back    until another try
update scheduled_post set not_before = now() + :wait_s * interval '1 second' where organization_id = :org and id = :id;

-- name: keep_error
update scheduled_post set last_error = :error, version = version + 1 where organization_id = :org and id = :id;

-- name: get_error    as it is by now
select last_error from scheduled_post where organization_id = :org and id = :id;

-- name: accept_post    the platform works on it
update scheduled_post set phase = :phase, handle = :handle, version = version + 1 where organization_id = :org and id = :id;

-- name: leave_in_inbox    proved to lie there: only the account's owner can publish it
update scheduled_post
   set status = 'draft_in_inbox', phase = null, sealed = null, vault_key_id = null, last_error = null, not_before = null,
       version = version + 1
 where organization_id = :org and id = :id;

-- name: is_named    another post of the account is known to be this one, or of its owner, or of whoever has leased it
select exists (
  select from (select a.organization_id, a.id, coalesce(a.owner_organization_id, a.organization_id) as owner_organization_id,
                      coalesce(a.owner_account_id, a.id) as owner_id
                 from social_account a where a.organization_id = :org and a.id = :account_id) a
   cross join lateral (select a.organization_id, a.id as account_id
                       union all select a.owner_organization_id, a.owner_id
                       union all select l.organization_id, l.account_id from account_lease l where l.owner_account_id = a.owner_id) s
    join scheduled_post p on p.organization_id = s.organization_id and p.social_account_id = s.account_id
   where p.external_id = :external_id and p.id <> :id);

-- name: find_lost    of which nobody knows yet what became of it, or by what name; its age is that of the job that asks
select p.project_id, p.social_account_id as account_id, p.status, p.handle, p.request, p.sent_at, o.env = 'test' as sandbox,
       clock_timestamp() as now, extract(epoch from now() - j.created_at)::float8 as age_s
  from scheduled_post p
  join organization o on o.id = p.organization_id
  join job j on j.organization_id = p.organization_id and j.id = :job_id
 where p.organization_id = :org and p.id = :id
   and (p.status in ('outcome_unknown', 'draft_in_inbox') or (p.status = 'published' and p.external_id is null))
   and p.handle is not null and p.sent_at is not null;

-- name: publish_lost    no row: a person was sooner, or it was sent anew on their word
update scheduled_post
   set status = 'published', phase = null, published_at = case status when 'draft_in_inbox' then now() else sent_at end,
       external_id = :external_id, external_url = :external_url, last_error = null, version = version + 1
 where organization_id = :org and id = :id and status in ('outcome_unknown', 'draft_in_inbox') and sent_at = :sent_at;

-- name: find_hinted    by TikTok's own id, of whoever it is: as long as there is something to find out
select p.organization_id, p.project_id, p.id, p.status, p.job_id
  from scheduled_post p join social_account a on a.organization_id = p.organization_id and a.id = p.social_account_id
 where p.handle->>'publishId' = :publish_id and a.platform = 'tiktok' and a.external_id = :open_id and a.status = 'connected'
   and (p.status in ('publishing', 'outcome_unknown', 'draft_in_inbox') or (p.status = 'published' and p.external_id is null))
 order by p.organization_id, p.id;

-- name: name_post    which was live before it had a name
update scheduled_post set external_id = :external_id, external_url = :external_url, version = version + 1
 where organization_id = :org and id = :id and status = 'published' and external_id is null and sent_at = :sent_at;

-- name: draft_lost    no row: as above
update scheduled_post set status = 'draft_in_inbox', phase = null, last_error = null, version = version + 1
 where organization_id = :org and id = :id and status = 'outcome_unknown' and sent_at = :sent_at;

-- name: fail_lost    no row: as above
update scheduled_post set status = 'failed', last_error = :error, version = version + 1
 where organization_id = :org and id = :id and status = 'outcome_unknown' and sent_at = :sent_at;

-- name: vault_key_ids
select distinct vault_key_id from scheduled_post where vault_key_id is not null;

-- name: count_of_other_keys    sealed with another key of the keyring than `writer`
select count(*) from scheduled_post where vault_key_id <> :writer;

-- name: lock_of_other_keys
select organization_id, id, sealed, vault_key_id from scheduled_post where vault_key_id <> :writer
 order by organization_id, id limit :limit for no key update;

-- name: reseal
update scheduled_post set sealed = :sealed, vault_key_id = :vault_key_id where organization_id = :organization_id and id = :id;
