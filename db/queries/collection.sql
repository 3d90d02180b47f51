-- Collection runs: due accounts, an account's due posts, and the results of a run.

-- part: owner    Owner of an account, as in account_send.sql.
join social_account o on o.organization_id = coalesce(a.owner_organization_id, a.organization_id)
                     and o.id = coalesce(a.owner_account_id, a.id)

-- name: take_due_accounts
-- Return a batch of accounts to check, the longest due first, and postpone their next check. `wanted`: a
-- figure is due.
with due_accounts as materialized (
  select organization_id, id
    from social_account
   where collect_at <= now()
     and organization_id <> all ((select moving_organizations())::uuid[])
   order by collect_at
   limit :limit
     for no key update skip locked),
account_states as materialized (
  -- `ended`: never collected again. `open`: may be polled now. `held`: its followers count for the project.
  select a.organization_id, a.project_id, a.id, a.status = 'connected' as held, c.asked_at,
         a.project_id is null
           or (a.status = 'disconnected'
               and (a.owner_account_id is null or a.disconnected_at < now() - :last_s * interval '1 second'))
           as ended,
         p.status = 'active' and n.tier <> 'suspended' and o.status = 'connected'
           and coalesce(o.cooldown_until, now()) <= now() as open
    from due_accounts
    -- Each by its key: while the table has no statistics, a plan may hash all accounts instead.
    cross join lateral (
         select *
           from social_account
          where organization_id = due_accounts.organization_id
            and id = due_accounts.id
         offset 0) a
    join organization n on n.id = a.organization_id
    {owner}
    left join project p on p.organization_id = a.organization_id and p.id = a.project_id
    left join account_collection c on c.organization_id = a.organization_id and c.account_id = a.id),
checked_accounts as materialized (
  -- A figure is due: followers, a known post, or a new one.
  select k.organization_id, k.project_id, k.id, k.ended, k.open,
         k.open is true and not k.ended
           and ((k.held and coalesce(k.asked_at <= now() - :gauges_s * interval '1 second', true))
                or exists (
                     select from post_collection c
                      where c.organization_id = k.organization_id
                        and c.account_id = k.id
                        and c.due_at <= now())
                or exists (
                     select from scheduled_post s
                      where s.organization_id = k.organization_id
                        and s.social_account_id = k.id
                        and s.published_at > now() - interval '2 days'
                        and s.external_id is not null
                        and not exists (
                              select from post_collection c
                               where c.organization_id = s.organization_id
                                 and c.post_id = s.id))) as wanted
    from account_states k)
update social_account a
   set collect_at = case when d.ended then null
                         else now() + interval '1 second'
                                       * case when d.open then :look_s::float8 else :later_s::float8 end end
  from checked_accounts d
 where a.organization_id = d.organization_id
   and a.id = d.id
returning a.organization_id, a.project_id, a.id as account_id, d.wanted;

-- name: find_account
-- Return the account of a starting run, with its owner. No row: it may not be polled any more. `gauges`: its
-- followers belong to its project. A leased account's belong to the tenant, not to the owner.
select a.platform, o.service_url, o.external_id, o.handle as account_handle, o.traits,
       g.env = 'test' as sandbox, o.organization_id as owner_organization_id,
       o.project_id as owner_project_id, o.id as owner_id,
       a.status = 'connected'
         and not exists (
               select from account_lease l
                where l.owner_account_id = a.id
                  and upper_inf(l.period)) as gauges,
       c.asked_at, coalesce(c.failures, 0) as failures, clock_timestamp() as now
  from social_account a
  {owner}
  join organization g on g.id = a.organization_id and g.tier <> 'suspended'
  join project p on p.organization_id = a.organization_id and p.id = a.project_id and p.status = 'active'
  left join account_collection c on c.organization_id = a.organization_id and c.account_id = a.id
 where a.organization_id = :org
   and a.id = :account_id
   and (a.status <> 'disconnected' or a.owner_account_id is not null)
   and o.status = 'connected';

-- name: list_due_posts    Return a batch of an account's posts: due again, or published since the last run.
(select p.id, p.external_id, p.published_at, i.format = 'video' as video, c.due_at
   from post_collection c
   join scheduled_post p on p.organization_id = c.organization_id and p.id = c.post_id
   join content_item i on i.organization_id = p.organization_id and i.id = p.content_id
  where c.organization_id = :org
    and c.account_id = :account_id
    and c.due_at <= now()
    and p.external_id is not null
  order by c.due_at
  limit :limit)
union all
(select p.id, p.external_id, p.published_at, i.format = 'video' as video, null as due_at
   from scheduled_post p
   join content_item i on i.organization_id = p.organization_id and i.id = p.content_id
  where p.organization_id = :org
    and p.social_account_id = :account_id
    and p.published_at > greatest(now() - :last_s * interval '1 second',
                                  coalesce(:asked_at::timestamptz, '-infinity') - interval '7 days')
    and p.external_id is not null
    and not exists (
          select from post_collection c
           where c.organization_id = p.organization_id
             and c.post_id = p.id)
  order by p.published_at desc
  limit :limit)
 order by due_at nulls first
 limit :limit;

-- name: keep_asked    Record the time of the posts' requests and their next due time.
insert into post_collection (organization_id, post_id, account_id, asked_at, due_at)
select :org, t.post_id, :account_id, :at, t.due_at
  from unnest(:post_ids::uuid[], :dues::timestamptz[]) as t (post_id, due_at)
    on conflict (organization_id, post_id) do update
   set asked_at = excluded.asked_at, due_at = excluded.due_at;

-- name: keep_visit    Record a run; `asked_at` is null if not all due figures were requested.
insert into account_collection (organization_id, account_id, asked_at, failures, error)
values (:org, :account_id, :asked_at, :failures, :error)
    on conflict (organization_id, account_id) do update
   set asked_at = coalesce(excluded.asked_at, account_collection.asked_at),
       failures = excluded.failures,
       error = excluded.error;

-- name: make_due    Make an account due after some seconds, unless it has ended for good.
update social_account
   set collect_at = now() + :after_s * interval '1 second'
 where organization_id = :org
   and id = :account_id
   and collect_at is not null;

-- name: make_project_due    Make a project's accounts due now, unless they have ended for good.
update social_account
   set collect_at = now()
 where organization_id = :org
   and project_id = :project_id
   and collect_at > now();
