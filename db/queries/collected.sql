-- Collected figures of posts and accounts. `place` numbers the periods between bounds, from 1.

-- name: list_of_project    Return a project's accounts, disconnected ones with the time of their end.
select id, disconnected_at
  from social_account
 where organization_id = :org
   and project_id = :project_id
   and coalesce(id = :account_id, true);

-- part: deltas    The differences of a metric in the window.
 cross join lateral (
         select at, delta
           from metric_snapshot
          where organization_id = :org
            and {condition}
            and metric = m.metric
            and at >= :since
            and at < :until
            and delta is not null) s

-- part: first_value    The first value of a metric.
 cross join lateral (
         select at
           from metric_snapshot
          where organization_id = :org
            and {condition}
            and metric = m.metric
          order by at
          limit 1) s

-- name: sum_of_accounts    Sum the differences by account, metric and period.
select a.account_id, m.metric, width_bucket(s.at, :bounds::timestamptz[]) as place, sum(s.delta) as delta
  from unnest(:account_ids::uuid[]) as a (account_id)
 cross join unnest(:metrics::text[]) as m (metric)
 {deltas: account_id = a.account_id}
 group by 1, 2, 3;

-- name: sum_of_post    Sum the differences of a post by metric and period, as sum_of_accounts.
select :post_id::uuid as account_id, m.metric, width_bucket(s.at, :bounds::timestamptz[]) as place,
       sum(s.delta) as delta
  from unnest(:metrics::text[]) as m (metric)
 {deltas: subject_id = :post_id}
 group by 2, 3;

-- name: first_of_accounts    Return the time of each account's first value of each metric.
select a.account_id, m.metric, s.at
  from unnest(:account_ids::uuid[]) as a (account_id)
 cross join unnest(:metrics::text[]) as m (metric)
 {first_value: account_id = a.account_id};

-- name: first_of_post    Return the time of a post's first value of each metric, as first_of_accounts.
select :post_id::uuid as account_id, m.metric, s.at
  from unnest(:metrics::text[]) as m (metric)
 {first_value: subject_id = :post_id};

-- name: list_followers
-- Return the last follower count of each period that has one, and of the time before them (place 0).
select a.account_id, s.place, s.value
  from unnest(:account_ids::uuid[]) as a (account_id)
 cross join lateral (
         (select 0 as place, value
            from metric_snapshot
           where organization_id = :org
             and account_id = a.account_id
             and metric = 'followers'
             and at < :since
           order by at desc
           limit 1)
          union all
         (select distinct on (width_bucket(at, :bounds::timestamptz[]))
                 width_bucket(at, :bounds::timestamptz[]) as place, value
            from metric_snapshot
           where organization_id = :org
             and account_id = a.account_id
             and metric = 'followers'
             and at >= :since
             and at < :until
           order by 1, at desc)) s;

-- name: count_published    Count the published posts by period.
select width_bucket(p.published_at, :bounds::timestamptz[]) as place, count(*) as n
  from unnest(:account_ids::uuid[]) as a (account_id)
  join scheduled_post p on p.organization_id = :org
                       and p.social_account_id = a.account_id
                       and p.published_at >= :since
                       and p.published_at < :until
 group by 1;
