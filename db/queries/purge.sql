-- The purge of a project, step by step: each statement is repeated until it finds no row.

-- name: lock_purged
-- Lock any organization's project exclusively, in an environment (null: any), as lock_project.
with queue_lock as materialized (
  -- The lock of share_project, exclusive.
  select pg_advisory_xact_lock(74, hashtext(:id::uuid::text)))
select p.organization_id, p.name, p.status, p.purging_at
  from queue_lock
 cross join project p
  join organization o on o.id = p.organization_id
 where p.id = :id
   and (:env::text is null or o.env = :env)
   for no key update of p;

-- name: is_leased    Return whether other tenants lease an account of the project.
select exists (
  select
    from social_account a
    join account_lease l on l.owner_account_id = a.id and upper_inf(l.period)
   where a.organization_id = :org
     and a.project_id = :project_id);

-- name: begin_purge    Mark a project as under purge, and withdraw the offers of its accounts.
with offered as materialized (
  -- In the order of every statement that locks several.
  select id
    from social_account
   where organization_id = :org
     and project_id = :project_id
     and offered_at is not null
   order by id
     for no key update),
withdrawn as (
  update social_account a
     set offered_at = null, niche = null, offered_in = null
    from offered o
   where a.organization_id = :org
     and a.id = o.id)
update project
   set purging_at = coalesce(purging_at, now())
 where organization_id = :org
   and id = :project_id
returning purging_at;

-- name: has_open_jobs    Return whether a project has open jobs, which delay the purge by at most `wait_s`.
select exists (
  select
    from job j
    join project p on p.organization_id = j.organization_id and p.id = j.project_id
   where j.organization_id = :org
     and j.project_id = :project_id
     and j.state in ('queued', 'running')
     and p.purging_at > now() - :wait_s * interval '1 second');

-- name: forget_answers
-- Delete the idempotency records of a batch that refer to the project; a sealed one by its location. Returns
-- the last key of the batch; no row: no batch is left.
with batch as materialized (
  select api_key_id, key, location, body, vault_key_id
    from idempotency_key
   where organization_id = :org
     and (api_key_id, key) > (:after_id, :after_key)
   order by api_key_id, key
   limit :limit),
record_ids as materialized (
  -- The ids in each record.
  select distinct s.api_key_id, s.key, word[1]::uuid as id
    from batch s
   cross join lateral regexp_matches(
           concat(s.location, ' ', case when s.vault_key_id is null then convert_from(s.body, 'UTF8') end),
           '([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})', 'g') as word),
deleted_records as (
  -- Records with the id of the project or of one of its rows.
  delete from idempotency_key k
   using record_ids n
   where k.organization_id = :org
     and k.api_key_id = n.api_key_id
     and k.key = n.key
     and (n.id = :project_id
          or exists (
            select from scheduled_post
             where organization_id = :org and id = n.id and project_id = :project_id
            union all
            select from content_item
             where organization_id = :org and id = n.id and project_id = :project_id
            union all
            select from job
             where organization_id = :org and id = n.id and project_id = :project_id
            union all
            select from social_account
             where organization_id = :org and id = n.id and project_id = :project_id
            union all
            select from influencer
             where organization_id = :org and id = n.id and project_id = :project_id
            union all
            select from approved_claim
             where organization_id = :org and id = n.id and project_id = :project_id
            union all
            select from content_template
             where organization_id = :org and id = n.id and project_id = :project_id
            union all
            select from lease_request
             where organization_id = :org and id = n.id and project_id = :project_id
            union all
            select from webhook_endpoint
             where organization_id = :org and id = n.id and project_id = :project_id
            union all
            select from webhook_delivery d
              join webhook_event v on v.organization_id = :org and v.id = d.event_id
             where d.organization_id = :org and d.id = n.id and v.project_id = :project_id)))
select api_key_id, key
  from batch
 order by api_key_id desc, key desc
 limit 1;

-- name: lock_posts
-- Lock a batch of posts; waits for their writers, so that the next statement sees their changes.
select id
  from scheduled_post
 where organization_id = :org
   and project_id = :project_id
 order by id
 limit :limit
   for update;

-- name: purge_posts    Delete locked posts with all of their rows.
with events as (
  delete from post_event
   where organization_id = :org
     and post_id = any(:ids)),
owners_sends as (
  -- Sends by leased accounts still count in their owners' quotas: they become the owners' own, without a
  -- post.
  insert into account_send (organization_id, account_id, id, at)
  select o.organization_id, o.id, gen_random_uuid(), s.at
    from account_send s
    join social_account o on o.id = s.owner_account_id and o.project_id is not null
   where s.organization_id = :org
     and s.post_id = any(:ids)),
sends as (
  delete from account_send
   where organization_id = :org
     and post_id = any(:ids)),
tickets as (
  delete from media_ticket
   where organization_id = :org
     and post_id = any(:ids)),
snapshots as (
  delete from metric_snapshot
   where organization_id = :org
     and subject_id = any(:ids)),
collections as (
  delete from post_collection
   where organization_id = :org
     and post_id = any(:ids))
delete from scheduled_post
 where organization_id = :org
   and id = any(:ids);

-- name: next_account    Return the next account of a project.
select id, owner_organization_id, owner_account_id as owner_id
  from social_account
 where organization_id = :org
   and project_id = :project_id
 order by id
 limit 1;

-- name: lock_owner    Lock an owner before its lease, which orders the purges of both.
select id
  from social_account
 where organization_id = :org
   and id = :id
   for no key update;

-- name: purge_account    Delete all rows of a locked account but its own.
with leases as (
  delete from account_lease
   where organization_id = :org
     and account_id = :id),
credentials as (
  delete from account_credential
   where organization_id = :org
     and account_id = :id),
snapshots as (
  delete from metric_snapshot
   where organization_id = :org
     and account_id = :id),
collections as (
  delete from account_collection
   where organization_id = :org
     and account_id = :id)
-- The sends of its purged tenants.
delete from account_send
 where organization_id = :org
   and account_id = :id;

-- name: delete_account
-- Delete an account of a project, or (null) a tombstone. No row: leases of other tenants refer to it.
with unreferenced as materialized (
  select id
    from social_account
   where organization_id = :org
     and id = :id
     and project_id is not distinct from :project_id
     and not exists (
           select
             from social_account
            where owner_organization_id = :org
              and owner_account_id = :id)),
sends as (
  -- Sends that the purges of tenants' posts moved to it.
  delete from account_send
   where organization_id = :org
     and account_id = (select id from unreferenced))
delete from social_account
 where organization_id = :org
   and id = (select id from unreferenced)
returning id;

-- name: make_stub    Turn an account into a tombstone for the leases of other tenants: no project, no data.
update social_account
   set project_id = null,
       service_url = '', external_id = '', handle = '', avatar_url = null, traits = '{}',
       quota_posts = null, quota_window_s = null, cooldown_until = null, turn_post_id = null,
       status = 'disconnected', connected_at = now(), disconnected_at = now(), canceled_posts = 0,
       collect_at = null
 where organization_id = :org
   and id = :id;

-- name: purge_rest    Delete the templates, requests, flows, apps, brand, claims and ingests of a project.
with templates as (
  -- With their versions.
  delete from content_template
   where organization_id = :org
     and project_id = :project_id),
requests as (
  delete from lease_request
   where organization_id = :org
     and project_id = :project_id),
states as (
  delete from oauth_state
   where organization_id = :org
     and project_id = :project_id),
apps as (
  -- Deleted apps too; their destinations are deleted with them.
  delete from sdk_app
   where organization_id = :org
     and project_id = :project_id),
sources as (
  delete from brand_source
   where organization_id = :org
     and project_id = :project_id),
claims as (
  delete from approved_claim
   where organization_id = :org
     and project_id = :project_id)
delete from ingest
 where organization_id = :org
   and project_id = :project_id;

-- name: lock_jobs    Lock a batch of jobs, as lock_posts.
select id
  from job
 where organization_id = :org
   and project_id = :project_id
 order by id
 limit :limit
   for update;

-- name: purge_jobs    Delete jobs with their attempts and secrets; a running one is fenced.
with attempts as (
  delete from job_attempt
   where organization_id = :org
     and job_id = any(:ids))
delete from job
 where organization_id = :org
   and id = any(:ids);

-- name: purge_project    Delete a project's own row, the last one.
delete from project
 where organization_id = :org
   and id = :project_id;
