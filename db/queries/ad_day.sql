-- name: lock_imports    Lock a project's imports until the transaction ends: they run one after the other.
select pg_advisory_xact_lock(7205, hashtext(:project_id::uuid::text));

-- name: name_windows    Return the few attribution windows of a project.
with recursive known_windows as (
  -- Loose index scan: one index step from each window to the next, for any number of rows.
  select (select attribution_window
            from ad_day
           where project_id = :project_id
           order by attribution_window
           limit 1) as name
   union all
  select (select attribution_window
            from ad_day
           where project_id = :project_id
             and attribution_window > known_windows.name
           order by attribution_window
           limit 1)
    from known_windows
   where known_windows.name is not null)
select coalesce(array_agg(name) filter (where name is not null), '{}')
  from known_windows;

-- name: put_days    Store ad rows without a repeated ad, day and window; return the number of replaced rows.
with imported as (
  -- Only a replaced row has an earlier version, and so an xmax.
  insert into ad_day (
         project_id, attribution_window, day, platform, ad_account_id, ad_id, campaign_id, adset_id, currency,
         spend_micros, impressions, clicks, conversions, revenue_micros, reach)
  select :project_id, *
    from unnest(
           :windows::text[], :days::date[], :platforms::text[], :ad_account_ids::text[], :ad_ids::text[],
           :campaign_ids::text[], :adset_ids::text[], :currencies::text[], :spends::bigint[],
           :impressions::bigint[], :clicks::bigint[], :conversions::bigint[], :revenues::bigint[],
           :reaches::bigint[])
  on conflict (project_id, attribution_window, day, platform, ad_account_id, ad_id) do update
     set campaign_id = excluded.campaign_id,
         adset_id = excluded.adset_id,
         currency = excluded.currency,
         spend_micros = excluded.spend_micros,
         impressions = excluded.impressions,
         clicks = excluded.clicks,
         conversions = excluded.conversions,
         revenue_micros = excluded.revenue_micros,
         reach = excluded.reach,
         imported_at = now()
  returning xmax <> 0 as replaced)
select count(*) filter (where replaced)::int
  from imported;

-- name: drop_days    Delete a batch of a window's rows; return their number.
delete from ad_day
 where project_id = :project_id
   and attribution_window = :attribution_window
   and ctid = any (array(
         select ctid
           from ad_day
          where project_id = :project_id
            and attribution_window = :attribution_window
          limit :limit));

-- name: find_full_day    Return one of these days with too many ads in some window.
select at.day
  from unnest(:windows::text[]) as by (attribution_window)
 cross join unnest(:days::date[]) as at (day)
 cross join lateral (
         -- A lateral join counts one day after the other: with lists PostgreSQL 15 reads all rows of a
         -- project.
         select count(*) as n
           from ad_day a
          where a.project_id = :project_id
            and a.attribution_window = by.attribution_window
            and a.day = at.day
         offset 0) as ads
 where ads.n > :most
 limit 1;

-- name: sum_days    Sum a project's ad rows, or some of them, by day and currency.
select day, currency, sum(spend_micros)::bigint as spend, sum(impressions)::bigint as impressions,
       sum(clicks)::bigint as clicks, sum(conversions)::bigint as conversions,
       sum(revenue_micros)::bigint as revenue, count(*) filter (where impressions > 0) as shown,
       (sum(reach) filter (where impressions > 0))::bigint as reach
  from ad_day
 where project_id = :project_id
   and attribution_window = :attribution_window
   and day between :first_day and :last_day
   and (:platforms::text[] is null or platform = any(:platforms))
   and (:ad_account_id::text is null or ad_account_id = :ad_account_id)
   and (:campaign_id::text is null or campaign_id = :campaign_id)
   and (:adset_id::text is null or adset_id = :adset_id)
   and (:ad_id::text is null or ad_id = :ad_id)
 group by day, currency
 order by day, currency;

-- name: sum_sources    Sum a project's ad rows that refer to a post or content, by its public id.
with referring_rows as (
  -- The most specific reference counts.
  select case
           when ad_id ~ '^(sp|cnt)_[0-9a-f-]{36}$' then ad_id
           when adset_id ~ '^(sp|cnt)_[0-9a-f-]{36}$' then adset_id
           when campaign_id ~ '^(sp|cnt)_[0-9a-f-]{36}$' then campaign_id
         end as source, platform, currency, spend_micros, conversions, revenue_micros
    from ad_day
   where project_id = :project_id
     and attribution_window = :attribution_window
     and day between :first_day and :last_day)
select source, platform, currency, sum(spend_micros)::bigint as spend,
       sum(conversions)::bigint as conversions, sum(revenue_micros)::bigint as revenue
  from referring_rows
 where source is not null
 group by source, platform, currency
 order by source, platform, currency
 limit :limit;

-- name: purge_day    Delete the last day of a project's last attribution window.
delete from ad_day
 where project_id = :project_id
   and (attribution_window, day) = (
         select attribution_window, day
           from ad_day
          where project_id = :project_id
          order by attribution_window desc, day desc
          limit 1);
