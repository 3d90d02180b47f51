-- name: connect_account    the same one keeps its id, unless disconnected. No row: the project leases it
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

-- name: update_traits    locked before
update social_account
   set traits = :traits
 where organization_id = :org
   and id = :id;

-- part: account    an account as partners see it
a.id, a.project_id, a.platform, a.service_url, a.handle, a.avatar_url, a.status, a.connected_at,
       a.canceled_posts, a.owner_account_id, a.disconnect_reason, c.expires_at as token_expires_at,
       a.traits->'privacyLevels' as privacy_levels

-- part: page    the rest of each search of a page
-- Of the filters one leads, with an index of its own. The others let all pass for a null; as `coalesce` no
-- index is tried for them, and the planner takes them to let half of the rows pass, not next to none.
and id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      and coalesce((owner_account_id is not null) = :leased::bool, true)
      and coalesce(platform = any(:platforms::text[]), true)
    order by id desc
    limit :limit

-- name: get_account    not the stub of one whose project was purged
select {account}
  from social_account a
  left join account_credential c on c.organization_id = a.organization_id and c.account_id = a.id
 where a.organization_id = :org
   and a.id = :id
   and a.project_id is not null;

-- part: asked    ids in the order in which every statement over many locks
asked as materialized (
  -- Each row is then read by its key: `asked` in job.sql says why.
  select distinct id as asked_id
    from unnest(:ids::uuid[]) as id
   order by id)

-- name: lock_accounts    against disconnects, and so that no two schedules overlook each other's posts
with {asked}
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

-- name: lock_account    as get_account
select platform, service_url, external_id, handle, status, owner_account_id, offered_at
  from social_account
 where organization_id = :org
   and id = :id
   and project_id is not null
   for no key update;

-- name: list_accounts    newest first
with found as (
  -- One of the four searches is begun: each has an index, and a plan for all at once would have none.
  (select *
     from social_account
    where organization_id = :org
      and project_id = :project_id
      and :status::text is null
      and :platform::text is null
      and :leased is distinct from true
      {page})
  union all
  (select *
     from social_account
    where organization_id = :org
      and project_id = :project_id
      and status = :status
      {page})
  union all
  (select *
     from social_account
    where organization_id = :org
      and project_id = :project_id
      and platform = :platform
      {page})
  union all
  (select *
     from social_account
    where organization_id = :org
      and project_id = :project_id
      and owner_account_id is not null
      and :leased
      and :status is null
      and :platform is null
      {page}))
select {account}
  from found a
  left join account_credential c on c.organization_id = a.organization_id and c.account_id = a.id
 order by a.id desc;

-- part: passing    the filters of a list over all projects that have no index of their own
and id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
          and coalesce((owner_account_id is not null) = :leased::bool, true)
          and coalesce(platform = any(:platforms::text[]), true)
        order by id desc

-- part: of_each    the same in the project `o`
-- As a range of projects, though it is of one: an equality would let a plan walk the rows of all projects.
and (project_id, id) < (o.id, coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
          and project_id >= o.id
          and coalesce((owner_account_id is not null) = :leased::bool, true)
          and coalesce(platform = any(:platforms::text[]), true)
        order by project_id desc, id desc

-- part: newest    of the active projects `o` whose newest account is among the newest: a page has no others
where o.organization_id = :org
              and o.status = 'active'
              and not (select is_page from chosen)
            order by head.id desc
            limit :limit) o

-- name: list_accounts_of_all    of all active projects, newest first; without the stubs of purged ones
with walked as materialized (
  -- The newest rows of all projects, twice a page: `list_content_of_all` says how.
  (select *
         from social_account
        where organization_id = :org
          and project_id is not null
          and :status::text is null
          {passing}
    limit 2 * :limit)
  union all
  (select *
         from social_account
        where organization_id = :org
          and project_id is not null
          and :status is not null
          and status = :status
          {passing}
    limit 2 * :limit)),
active as materialized (
  -- Those of active projects.
  select w.*
    from walked w
   cross join lateral (
           select
             from project
            where organization_id = :org
              and id = w.project_id
              and status = 'active'
           offset 0) o
   order by w.id desc
   limit :limit),
chosen as materialized (
  -- Whether they are the page. Else archived projects have most of the newest rows.
  select (select count(*) from walked) < 2 * :limit or (select count(*) from active) >= :limit as is_page),
found as (
  -- The page, or the newest rows of active projects: no row of an archived one is read for it.
  (select *
     from active
    where (select is_page from chosen))
  union all
  (select a.*
     from (select o.id
             from project o
            cross join lateral (
               select id
                 from social_account
                where organization_id = :org
                  and :status is null
                  {of_each}
                limit 1) head
            {newest}
    cross join lateral (
       select *
         from social_account
        where organization_id = :org
          and :status is null
          {of_each}
        limit :limit) a
    order by a.id desc
    limit :limit)
  union all
  (select a.*
     from (select o.id
             from project o
            cross join lateral (
               select id
                 from social_account
                where organization_id = :org
                  and :status is not null
                  and status = :status
                  {of_each}
                limit 1) head
            {newest}
    cross join lateral (
       select *
         from social_account
        where organization_id = :org
          and :status is not null
          and status = :status
          {of_each}
        limit :limit) a
    order by a.id desc
    limit :limit))
select {account}
  from found a
  left join account_credential c on c.organization_id = a.organization_id and c.account_id = a.id
 order by a.id desc;

-- name: require_reauth    no row: it was required before, or the account is disconnected
update social_account
   set status = 'reauth_required'
 where organization_id = :org
   and id = :id
   and status = 'connected'
returning id;

-- name: disconnect_account
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

-- name: set_quota    null: the platform's own
update social_account
   set quota_posts = :posts, quota_window_s = :window_s
 where organization_id = :org
   and id = :id;

-- name: is_connected    by any tenant: a platform knows our application, not its tenants
select exists (
  select
    from social_account
   where platform = :platform
     and external_id = :external_id
     and service_url = :service_url
     and disconnected_at is null);

-- name: find_connected    of any tenant, by the platform's own name of a person; a lease goes by its owner's
select organization_id, project_id, id as account_id
  from social_account
 where platform = :platform
   and external_id = :external_id
   and disconnected_at is null
   and status = 'connected'
   and owner_account_id is null
 order by organization_id, id;
