-- Operators' offers, and leases. A lease under way has no end
-- (docs/decisions/0016-leased-account-as-its-own-row.md).
-- Periods have the real time regardless of a sandbox's clock; answers show the account's own times.

-- name: offer_account
-- Offer a locked account, or change its niche. Violates an index if another project offers the account.
update social_account
   set offered_at = coalesce(offered_at, now()),
       niche = :niche,
       offered_in = (select case o.env when 'live' then 'live' else o.id::text end
                       from organization o
                      where o.id = :org)
 where organization_id = :org
   and id = :id;

-- name: withdraw_account    Withdraw a locked account from its offer.
update social_account
   set offered_at = null, niche = null, offered_in = null
 where organization_id = :org
   and id = :id;

-- name: has_open_posts    Return whether an account has open posts of its own project.
select exists (
  select
    from scheduled_post
   where organization_id = :org
     and social_account_id = :account_id
     and status in ('blocked', 'queued', 'publishing')
     and project_id = (select project_id
                         from social_account
                        where organization_id = :org
                          and id = :account_id));

-- name: get_offered    Return an account with its offer, if any, and its current tenant.
select a.organization_id, a.project_id, a.id, a.platform, a.service_url, a.handle, a.status, a.niche,
       a.offered_at,
       l.organization_id as tenant_id, l.project_id as tenant_project_id, l.account_id as tenant_account_id,
       t.connected_at as since
  from social_account a
  left join account_lease l on l.owner_account_id = a.id and upper_inf(l.period)
  left join social_account t on t.organization_id = l.organization_id and t.id = l.account_id
 where a.organization_id = :org
   and a.id = :id;

-- name: list_offered    Return the offers of all organizations in an environment, newest first.
select a.organization_id, a.project_id, a.id, a.platform, a.service_url, a.handle, a.status, a.niche,
       a.offered_at,
       l.organization_id as tenant_id, l.project_id as tenant_project_id, l.account_id as tenant_account_id,
       t.connected_at as since
  from social_account a
  join organization o on o.id = a.organization_id and o.env = :env
  left join account_lease l on l.owner_account_id = a.id and upper_inf(l.period)
  left join social_account t on t.organization_id = l.organization_id and t.id = l.account_id
 where a.offered_at is not null
   and (:before::uuid is null or a.id < :before)
 order by a.id desc
 limit :limit;

-- name: lock_owners
-- Lock owners' accounts to lease them, change their status or end them; precedes any lease's own row.
select a.id, a.organization_id, a.platform, a.status, a.offered_at, a.owner_account_id, o.env
  from social_account a
  join organization o on o.id = a.organization_id
 where a.id = any(:ids)
   and a.project_id is not null
 order by a.id
   for no key update of a;

-- name: list_leased    Return the leased ones of these locked accounts.
select owner_account_id as id
  from account_lease
 where owner_account_id = any(:ids)
   and upper_inf(period);

-- name: insert_accounts
-- Insert the leases' accounts. No row for an account: the project has connected it itself.
insert into social_account
       (organization_id, project_id, id, platform, service_url, external_id, handle, avatar_url, traits,
        owner_organization_id, owner_account_id)
select :org, :project_id, t.id, a.platform, a.service_url, a.external_id, a.handle, a.avatar_url, a.traits,
       a.organization_id, a.id
  from unnest(:ids::uuid[], :owner_ids::uuid[]) as t (id, owner_id)
  join social_account a on a.id = t.owner_id
on conflict (organization_id, project_id, platform,
             (case platform when 'bluesky' then '' else service_url end), external_id)
      where disconnected_at is null do nothing
returning owner_account_id as id;

-- name: insert_leases
-- Insert leases from now on, or from the end of the last one if a sandbox's clock was ahead.
insert into account_lease
       (owner_organization_id, owner_account_id, organization_id, project_id, account_id, request_id, period)
select a.owner_organization_id, a.owner_account_id, a.organization_id, a.project_id, a.id, :request_id,
       tstzrange(greatest(clock_timestamp(), (select max(upper(l.period))
                                                from account_lease l
                                               where l.owner_account_id = a.owner_account_id)), null)
  from social_account a
 where a.organization_id = :org
   and a.id = any(:ids);

-- name: end_account
-- Disconnect a lease's account after the cancel of its posts. No row: another transaction ended it.
update social_account
   set status = 'disconnected',
       disconnected_at = now(),
       canceled_posts = :canceled_posts,
       disconnect_reason = :reason
 where organization_id = :org
   and id = :id
   and disconnected_at is null
returning owner_organization_id as organization_id, owner_account_id as account_id;

-- name: end_lease    End a lease; its period is never empty.
update account_lease
   set period = tstzrange(lower(period),
                          greatest(clock_timestamp(), lower(period) + interval '1 microsecond'))
 where organization_id = :org
   and account_id = :account_id;

-- name: find_lease    Return the organization of a lease, for operators, by its tenant's account.
select l.organization_id
  from account_lease l
  join organization o on o.id = l.organization_id
 where l.account_id = :account_id
   and o.env = :env;

-- name: find_open    Return the next lease of a project that has not ended.
select account_id
  from account_lease
 where organization_id = :org
   and project_id = :project_id
   and upper_inf(period)
 order by account_id
 limit 1;

-- name: list_leases    Return a project's leases, ended ones included, newest first.
select l.account_id, l.project_id, l.request_id, a.connected_at as leased_at, a.disconnected_at as ended_at,
       a.platform, a.service_url, a.handle, a.avatar_url, a.status, a.disconnect_reason
  from account_lease l
  join social_account a on a.organization_id = l.organization_id and a.id = l.account_id
 where l.organization_id = :org
   and l.project_id = :project_id
   and (:before::uuid is null or l.account_id < :before)
 order by l.account_id desc
 limit :limit;

-- name: find_lessee    Return the account of an owner's current lease; the caller locked the owner's account.
select organization_id, account_id
  from account_lease
 where owner_account_id = :owner_id
   and upper_inf(period);

-- name: require_reauth
-- Require a new authorization for the account of an owner's current lease; the caller locked the owner.
update social_account a
   set status = 'reauth_required'
  from account_lease l
 where l.owner_account_id = :owner_id
   and upper_inf(l.period)
   and a.organization_id = l.organization_id
   and a.id = l.account_id
   and a.status = 'connected'
returning a.organization_id, a.id as account_id;

-- name: follow_owner
-- Copy an owner's reconnected account to its current lease; the caller locked the owner's account.
update social_account a
   set status = 'connected', service_url = o.service_url, handle = o.handle, avatar_url = o.avatar_url,
       traits = o.traits, collect_at = now()
  from account_lease l, social_account o
 where l.owner_account_id = :owner_id
   and upper_inf(l.period)
   and a.organization_id = l.organization_id
   and a.id = l.account_id
   and a.status <> 'disconnected'
   and o.id = l.owner_account_id
returning a.organization_id, a.id as account_id;
