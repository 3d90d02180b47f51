-- The end of a project for good, step by step: each is repeated until it finds nothing.

-- name: lock_purged    whosever project it is, in an environment (null: any); alone, as lock_project
with turn as materialized (
  -- The lock of share_project, alone.
  select pg_advisory_xact_lock(74, hashtext(:id::uuid::text)))
select p.organization_id, p.name, p.status, p.purging_at
  from turn
 cross join project p
  join organization o on o.id = p.organization_id
 where p.id = :id
   and (:env::text is null or o.env = :env)
   for no key update of p;

-- name: is_leased    an account of the project, by others
select exists (
  select
    from social_account a
    join account_lease l on l.owner_account_id = a.id and upper_inf(l.period)
   where a.organization_id = :org
     and a.project_id = :project_id);

-- name: begin_purge    and offer none of its accounts from now on
with offered as materialized (
  -- Locked in one order, as whoever locks several does.
  select id
    from social_account
   where organization_id = :org
     and project_id = :project_id
     and offered_at is not null
   order by id
     for no key update),
withdrawn as (
  -- They go.
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

-- name: has_open_jobs    which are waited for as long as `wait_s`
select exists (
  select
    from job j
    join project p on p.organization_id = j.organization_id and p.id = j.project_id
   where j.organization_id = :org
     and j.project_id = :project_id
     and j.state in ('queued', 'running')
     and p.purging_at > now() - :wait_s * interval '1 second');

-- name: forget_answers    of a batch of idempotency records, those that name what is the project's
-- Of a sealed one the location says it. The row is the last one of the batch; none: no batch is left.
with batch as materialized (
  -- The batch.
  select api_key_id, key, location, body, vault_key_id
    from idempotency_key
   where organization_id = :org
     and (api_key_id, key) > (:after_id, :after_key)
   order by api_key_id, key
   limit :limit),
named as materialized (
  -- The ids that each names.
  select distinct s.api_key_id, s.key, word[1]::uuid as id
    from batch s
   cross join lateral regexp_matches(
           concat(s.location, ' ', case when s.vault_key_id is null then convert_from(s.body, 'UTF8') end),
           '([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})', 'g') as word),
forgotten as (
  -- Those that name the project or one of its rows.
  delete from idempotency_key k
   using named n
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

-- name: lock_posts    a batch; whoever holds one is waited for, and a later statement sees what they wrote
select id
  from scheduled_post
 where organization_id = :org
   and project_id = :project_id
 order by id
 limit :limit
   for update;

-- name: purge_posts    locked before, with all that happened to them
with events as (
  -- Their events.
  delete from post_event
   where organization_id = :org
     and post_id = any(:ids)),
kept as (
  -- By leased accounts: their owners' quotas count them still, as the owners' own and without a post.
  insert into account_send (organization_id, account_id, id, at)
  select o.organization_id, o.id, gen_random_uuid(), s.at
    from account_send s
    join social_account o on o.id = s.owner_account_id and o.project_id is not null
   where s.organization_id = :org
     and s.post_id = any(:ids)),
sends as (
  -- Their sends.
  delete from account_send
   where organization_id = :org
     and post_id = any(:ids)),
tickets as (
  -- Their tickets.
  delete from media_ticket
   where organization_id = :org
     and post_id = any(:ids)),
snapshots as (
  -- What their platforms told of them.
  delete from metric_snapshot
   where organization_id = :org
     and subject_id = any(:ids)),
collections as (
  -- That they were asked about.
  delete from post_collection
   where organization_id = :org
     and post_id = any(:ids))
delete from scheduled_post
 where organization_id = :org
   and id = any(:ids);

-- name: next_account
select id, owner_organization_id, owner_account_id as owner_id
  from social_account
 where organization_id = :org
   and project_id = :project_id
 order by id
 limit 1;

-- name: lock_owner    before its lease, so that of a lease's purge and its own one comes first
select id
  from social_account
 where organization_id = :org
   and id = :id
   for no key update;

-- name: purge_account    all that hangs on it but its own row, locked before
with leases as (
  -- That it was on lease.
  delete from account_lease
   where organization_id = :org
     and account_id = :id),
credentials as (
  -- What opened it.
  delete from account_credential
   where organization_id = :org
     and account_id = :id),
snapshots as (
  -- What its platform told of it.
  delete from metric_snapshot
   where organization_id = :org
     and account_id = :id),
collections as (
  -- How it was asked about.
  delete from account_collection
   where organization_id = :org
     and account_id = :id)
-- What purged tenants of it have sent.
delete from account_send
 where organization_id = :org
   and account_id = :id;

-- name: delete_account    of a project, or (null) a stub; no row: leases of others name it
with gone as materialized (
  -- It, if nothing names it.
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
  -- Those that the purge of a tenant's posts gave it while it became a stub.
  delete from account_send
   where organization_id = :org
     and account_id = (select id from gone))
delete from social_account
 where organization_id = :org
   and id = (select id from gone)
returning id;

-- name: make_stub    of an account that leases of others name: no project's, and nothing of what it was
update social_account
   set project_id = null,
       service_url = '', external_id = '', handle = '', avatar_url = null, traits = '{}',
       quota_posts = null, quota_window_s = null, cooldown_until = null, turn_post_id = null,
       status = 'disconnected', connected_at = now(), disconnected_at = now(), canceled_posts = 0,
       collect_at = null
 where organization_id = :org
   and id = :id;

-- name: purge_rest    what was asked for, begun and read
with requests as (
  -- Lease requests.
  delete from lease_request
   where organization_id = :org
     and project_id = :project_id),
states as (
  -- Flows of consent.
  delete from oauth_state
   where organization_id = :org
     and project_id = :project_id),
apps as (
  -- SDK apps, deleted ones too; where their conversions went goes with them.
  delete from sdk_app
   where organization_id = :org
     and project_id = :project_id),
sources as (
  -- The brand.
  delete from brand_source
   where organization_id = :org
     and project_id = :project_id)
delete from ingest
 where organization_id = :org
   and project_id = :project_id;

-- name: lock_jobs    as lock_posts
select id
  from job
 where organization_id = :org
   and project_id = :project_id
 order by id
 limit :limit
   for update;

-- name: purge_jobs    with their attempts and secrets; a running one finds itself fenced
with attempts as (
  -- Their attempts.
  delete from job_attempt
   where organization_id = :org
     and job_id = any(:ids))
delete from job
 where organization_id = :org
   and id = any(:ids);

-- name: purge_project    of which nothing else is left
delete from project
 where organization_id = :org
   and id = :project_id;
