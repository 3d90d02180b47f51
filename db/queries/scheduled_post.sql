-- Posts before they are sent, and their resolution by a person.

-- name: count_open    Count a project's open posts; the caller locked the project.
select count(*) filter (where status <> 'publishing') as waiting,
       count(*) filter (where status = 'publishing') as in_flight
  from scheduled_post
 where organization_id = :org
   and project_id = :project_id
   and status in ('blocked', 'queued', 'publishing');

-- name: find_content    Return the fixed project of a content, and the requested accounts in it.
select c.project_id, p.timezone, now() as now,
       array(
         select a.id
           from social_account a
          where a.organization_id = c.organization_id
            and a.project_id = c.project_id
            and a.id = any(:account_ids)) as known
  from content_item c
  join project p on p.organization_id = c.organization_id and p.id = c.project_id
 where c.organization_id = :org
   and c.id = :id;

-- name: share_content    Share the lock of a content against edits and decisions.
select status, caption, approval_status, approved_claim_ids <> '{}' as has_claims
  from content_item
 where organization_id = :org
   and id = :id
   for share;

-- name: list_assets    Return the files of a content.
select kind, mime_type, size_bytes, duration_ms, sha256
  from content_asset
 where organization_id = :org
   and content_id = :content_id
 order by position;

-- name: find_same    Return a post with the same fingerprint, account and day for each of these.
select t.place, p.id
  from unnest(:account_ids::uuid[], :fingerprints::bytea[])
       with ordinality as t (account_id, fingerprint, place)
 cross join lateral (
   select s.id
     from scheduled_post s
    where s.organization_id = :org
      and s.social_account_id = t.account_id
      and s.fingerprint = t.fingerprint
      and s.id is distinct from :but
      and s.status not in ('canceled', 'failed')
      and s.scheduled_for > :at::timestamptz - interval '24 hours'
      and s.scheduled_for < :at::timestamptz + interval '24 hours'
    limit 1) p
 order by t.place;

-- name: insert_posts    Insert the posts of a schedule.
insert into scheduled_post
       (organization_id, project_id, id, content_id, social_account_id, platform, mode, privacy_level, status,
        job_id, scheduled_for, caption_override, caption_pending, fingerprint)
select :org, :project_id, t.id, :content_id, t.account_id, t.platform, t.mode, t.privacy_level,
       case when t.job_id is null then 'blocked' else 'queued' end,
       t.job_id, :scheduled_for, t.caption_override, t.caption_pending, t.fingerprint
  from unnest(:ids::uuid[], :account_ids::uuid[], :platforms::text[], :modes::text[], :privacy_levels::text[],
              :job_ids::uuid[], :caption_overrides::text[], :captions_pending::boolean[],
              :fingerprints::bytea[])
       as t (id, account_id, platform, mode, privacy_level, job_id, caption_override, caption_pending,
             fingerprint);

-- name: find_post    Return the rows to lock before a post, in their order.
select p.project_id, p.content_id, p.social_account_id, p.job_id,
       p.version + (j.status = 'archived' and p.status in ('blocked', 'queued'))::int as version, j.timezone
  from scheduled_post p
  join project j on j.organization_id = p.organization_id and j.id = p.project_id
 where p.organization_id = :org
   and p.id = :id;

-- name: lock_post
-- Lock a post, with status and version as partners see them: an archive has canceled waiting posts.
select p.organization_id, p.project_id, p.id, p.content_id, p.social_account_id, p.job_id,
       case when s.stopped then 'canceled' else p.status end as status, p.scheduled_for, p.fingerprint,
       p.last_error, p.version + s.stopped::int as version, p.caption_pending
  from scheduled_post p
  join project o on o.organization_id = p.organization_id and o.id = p.project_id
 cross join lateral (
   select o.status = 'archived' and p.status in ('blocked', 'queued') as stopped) s
 where p.organization_id = :org
   and p.id = :id
   for no key update of p;

-- part: next_version    The end of a change of posts that joins no other rows: they have another version.
version = version + 1,
       updated_at = now()
 where organization_id = :org
   and {condition}

-- name: move_post    Move a post to another time; its preparation starts over.
update scheduled_post
   set scheduled_for = :scheduled_for,
       status = :status,
       job_id = :job_id,
       phase = null,
       not_before = null,
       {next_version: id = :id};

-- name: cancel_posts    Cancel the waiting ones of these posts, locked by id.
with asked as materialized (
  -- Ids in the lock order of every statement over many posts. Each row is then read by its key: `asked` in
  -- job.sql gives the reason.
  select distinct id as asked_id
    from unnest(:ids::uuid[]) as id
   order by id),
waiting as materialized (
  -- The ones that still wait. An archive of their project has canceled them before, with its own reason.
  select w.*
    from asked
   cross join lateral (
           select p.id, o.archived_at
             from scheduled_post p
             join project o on o.organization_id = p.organization_id and o.id = p.project_id
            where p.organization_id = :org
              and p.id = asked_id
              and p.status in ('blocked', 'queued')
            limit 1
              for no key update of p) w)
update scheduled_post p
   set status = 'canceled',
       phase = null,
       canceled_at = coalesce(w.archived_at, now()),
       cancel_reason = case when w.archived_at is null then :reason else 'project_archived' end,
       sealed = null,
       vault_key_id = null,
       version = version + 1,
       updated_at = now()
  from waiting w
 where p.organization_id = :org
   and p.id = w.id
returning p.id;

-- name: list_blocked    Return the next batch of an archived project's blocked posts.
select id, job_id, social_account_id
  from scheduled_post
 where organization_id = :org
   and project_id = :project_id
   and status = 'blocked'
 order by id
 limit :limit;

-- name: list_waiting_of_account    Return the waiting posts of an account in its project.
select id, job_id, social_account_id
  from scheduled_post
 where organization_id = :org
   and social_account_id = :account_id
   and status in ('blocked', 'queued')
   and project_id = (select project_id from social_account where organization_id = :org and id = :account_id);

-- name: list_waiting_of_content    Return the waiting posts of a content.
select id, job_id, social_account_id
  from scheduled_post
 where organization_id = :org
   and content_id = :content_id
   and status in ('blocked', 'queued');

-- name: list_captioned    Return the waiting posts with their content's own caption.
select id, job_id, social_account_id
  from scheduled_post
 where organization_id = :org
   and content_id = :content_id
   and status in ('blocked', 'queued')
   and caption_override is null
 order by id;

-- name: list_stopped_of_content
-- Return queued posts with a cancel request on their running job; `reason` is the same for all.
select p.id, p.job_id, p.social_account_id,
       case o.status when 'archived' then 'project_archived' else 'job_canceled' end as reason
  from scheduled_post p
  join job j on j.organization_id = p.organization_id
            and j.id = p.job_id
            and j.cancel_requested_at is not null
  join project o on o.organization_id = p.organization_id and o.id = p.project_id
 where p.organization_id = :org
   and p.content_id = :content_id
   and p.status = 'queued';

-- name: block_posts    Block the queued posts of a content after the cancel of their jobs, locked by id.
with queued_posts as materialized (
  select id
    from scheduled_post
   where organization_id = :org
     and content_id = :content_id
     and status = 'queued'
   order by id
     for no key update)
update scheduled_post p
   set status = 'blocked',
       job_id = null,
       phase = null,
       not_before = null,
       handle = null,
       request = null,
       content_revision = null,
       sealed = null,
       vault_key_id = null,
       version = version + 1,
       updated_at = now()
  from queued_posts w
 where p.organization_id = :org
   and p.id = w.id
returning p.id;

-- name: lock_blocked    Lock the blocked posts of an approved content that wait for no other approval.
select id, scheduled_for
  from scheduled_post
 where organization_id = :org
   and content_id = :content_id
   and status = 'blocked'
   and (not caption_pending or caption_override = :caption)
 order by id
   for no key update;

-- name: release_posts    Queue locked posts with their jobs.
update scheduled_post p
   set status = 'queued',
       job_id = t.job_id,
       caption_pending = false,
       version = version + 1,
       updated_at = now()
  from unnest(:ids::uuid[], :job_ids::uuid[]) as t (id, job_id)
 where p.organization_id = :org
   and p.id = t.id;

-- name: approve_caption    Approve the caption of a blocked post, which stays blocked without a job.
update scheduled_post
   set status = case when :job_id::uuid is null then 'blocked' else 'queued' end,
       job_id = :job_id,
       caption_pending = false,
       {next_version: id = :id};

-- name: keep_blocked    Keep locked posts blocked: their time has passed.
update scheduled_post
   set caption_pending = false,
       {next_version: id = any(:ids)};

-- name: rewrite_posts    Update the fingerprint of a content's unsent posts with its caption, locked by id.
with unsent_posts as materialized (
  select id
    from scheduled_post
   where organization_id = :org
     and content_id = :content_id
     and status in ('blocked', 'queued', 'failed')
     and caption_override is null
   order by id
     for no key update)
update scheduled_post p
   set fingerprint = :fingerprint
  from unsent_posts w
 where p.organization_id = :org
   and p.id = w.id;

-- name: resolve_post    Store a person's finding for a post.
update scheduled_post
   set status = :status,
       resolved_at = now(),
       external_url = coalesce(:external_url, external_url),
       published_at = case when :status = 'published' then coalesce(sent_at, now()) end,
       last_error = :error,
       {next_version: id = :id};
