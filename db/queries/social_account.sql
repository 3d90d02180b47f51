-- name: connect_account
-- Store a connected account; a known one keeps its id, unless disconnected. No row: the project leases it.
insert into social_account
       (organization_id, project_id, id, platform, service_url, external_id, handle, avatar_url, traits)
values (:org, :project_id, :id, :platform, :service_url, :external_id, :handle, :avatar_url, :traits)
on conflict (organization_id, project_id, platform,
             (case platform when 'bluesky' then '' else service_url end), external_id)
      where disconnected_at is null do update
   set service_url = excluded.service_url,
       handle = excluded.handle,
       avatar_url = excluded.avatar_url,
       traits = excluded.traits,
       status = 'connected',
       connected_at = now(),
       collect_at = now()
 where social_account.owner_account_id is null
returning id;

-- name: update_traits    Store the traits of a locked account.
update social_account
   set traits = :traits
 where organization_id = :org
   and id = :id;

-- part: account    An account for partners.
a.id, a.project_id, a.platform, a.service_url, a.handle, a.avatar_url, a.status, a.connected_at,
       a.canceled_posts, a.owner_account_id, a.disconnect_reason, c.expires_at as token_expires_at,
       a.traits->'privacyLevels' as privacy_levels

-- part: page
-- Remaining filters of each search of a page. Each search leads with one filter, which has an index. A null
-- filter matches all rows. Inside `coalesce` the planner tries no index and estimates half of the rows, not
-- almost none.
and id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      and coalesce((owner_account_id is not null) = :leased::bool, true)
      and coalesce(platform = any(:platforms::text[]), true)
    order by id desc
    limit :limit

-- name: get_account    Return an account, but not the tombstone of a purged project.
select {account}
  from social_account a
  left join account_credential c on c.organization_id = a.organization_id and c.account_id = a.id
 where a.organization_id = :org
   and a.id = :id
   and a.project_id is not null;

-- name: lock_accounts
-- Lock accounts against disconnects and concurrent schedules, which could miss each other's posts.
with asked as materialized (
  -- Ids in the lock order of every statement over many accounts. Each row is then read by its key: `asked` in
  -- job.sql gives the reason.
  select distinct id as asked_id
    from unnest(:ids::uuid[]) as id
   order by id)
select a.id, a.project_id, a.platform, a.traits, a.status, a.offered, a.head_post_id
  from asked
 cross join lateral (
         select id, project_id, platform, traits, status, offered_at is not null as offered,
                turn_post_id as head_post_id
           from social_account
          where organization_id = :org
            and id = asked_id
          limit 1
            for no key update) a;

-- name: lock_account    Lock an account, but not a tombstone.
select platform, service_url, external_id, handle, status, owner_account_id, offered_at
  from social_account
 where organization_id = :org
   and id = :id
   and project_id is not null
   for no key update;

-- part: search    A search of a project's accounts.
select *
     from social_account
    where organization_id = :org
      and project_id = :project_id

-- name: list_accounts    Return a project's accounts, newest first.
with page_rows as (
  -- Only one of the four searches runs: each has an index, and a combined filter would have none.
  ({search}
      and :status::text is null
      and :platform::text is null
      and :leased is distinct from true
      {page})
  union all
  ({search}
      and status = :status
      {page})
  union all
  ({search}
      and platform = :platform
      {page})
  union all
  ({search}
      and owner_account_id is not null
      and :leased
      and :status is null
      and :platform is null
      {page}))
select {account}
  from page_rows a
  left join account_credential c on c.organization_id = a.organization_id and c.account_id = a.id
 order by a.id desc;

-- part: of_each
-- The filters without an index of their own within project `o`, as a range over projects: an equality would
-- let a plan scan the rows of all projects.
and (project_id, id) < (o.id, coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
          and project_id >= o.id
          and coalesce((owner_account_id is not null) = :leased::bool, true)
          and coalesce(platform = any(:platforms::text[]), true)
        order by project_id desc, id desc

-- part: newest_of_all    The newest rows of a search in all projects, twice a page.
select *
         from social_account
        where organization_id = :org
          and project_id is not null
          and {condition}
          and id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
          and coalesce((owner_account_id is not null) = :leased::bool, true)
          and coalesce(platform = any(:platforms::text[]), true)
        order by id desc
    limit 2 * :limit

-- part: newest_of_active
-- The newest rows of a search in active projects `o`, those with one of the newest first accounts: a page can
-- contain no other project.
select a.*
     from (select o.id
             from project o
            cross join lateral (
               select id
                 from social_account
                where organization_id = :org
                  and {condition}
                  {of_each}
                limit 1) head
            where o.organization_id = :org
              and o.status = 'active'
              and not (select is_page from page_choice)
            order by head.id desc
            limit :limit) o
    cross join lateral (
       select *
         from social_account
        where organization_id = :org
          and {condition}
          {of_each}
        limit :limit) a
    order by a.id desc
    limit :limit

-- name: list_accounts_of_all    Return accounts of all active projects without tombstones, newest first.
with newest_rows as materialized (
  -- The newest rows of all projects, twice a page, as in `list_content_of_all`.
  ({newest_of_all: :status::text is null})
  union all
  ({newest_of_all: :status is not null and status = :status})),
active_rows as materialized (
  select w.*
    from newest_rows w
   cross join lateral (
           select
             from project
            where organization_id = :org
              and id = w.project_id
              and status = 'active'
           offset 0) o
   order by w.id desc
   limit :limit),
page_choice as materialized (
  -- Whether the active rows fill the page. Otherwise most of the newest rows are of archived projects.
  select (select count(*) from newest_rows) < 2 * :limit
         or (select count(*) from active_rows) >= :limit as is_page),
page_rows as (
  -- The page, or the newest rows of active projects without a read of archived ones.
  (select *
     from active_rows
    where (select is_page from page_choice))
  union all
  ({newest_of_active: :status is null})
  union all
  ({newest_of_active: :status is not null and status = :status}))
select {account}
  from page_rows a
  left join account_credential c on c.organization_id = a.organization_id and c.account_id = a.id
 order by a.id desc;

-- name: require_reauth
-- Require a new authorization. No row: it was required before, or the account is disconnected.
update social_account
   set status = 'reauth_required'
 where organization_id = :org
   and id = :id
   and status = 'connected'
returning id;

-- name: disconnect_account    Disconnect an account.
update social_account
   set status = 'disconnected',
       disconnected_at = now(),
       canceled_posts = :canceled_posts,
       cooldown_until = null,
       offered_at = null,
       niche = null,
       offered_in = null
 where organization_id = :org
   and id = :id;

-- name: set_quota    Set an operator's quota; null: the platform's own.
update social_account
   set quota_posts = :posts, quota_window_s = :window_s
 where organization_id = :org
   and id = :id;

-- name: is_connected
-- Return whether any tenant has the account connected: a platform knows our application, not its tenants.
select exists (
  select
    from social_account
   where platform = :platform
     and external_id = :external_id
     and service_url = :service_url
     and disconnected_at is null);

-- name: list_connected_platforms    Return the platforms of a project's connected accounts.
select distinct platform
  from social_account
 where organization_id = :org
   and project_id = :project_id
   and disconnected_at is null
 order by platform;

-- name: find_connected    Return accounts of all tenants by the platform's id of a person, without leases.
select organization_id, project_id, id as account_id
  from social_account
 where platform = :platform
   and external_id = :external_id
   and disconnected_at is null
   and status = 'connected'
   and owner_account_id is null
 order by organization_id, id;
