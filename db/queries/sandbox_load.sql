-- What advances of sandboxes' clocks are to Postgres, which others want too.

-- name: weigh    a way of the clock: the times on it at which something is due, as far as that is known;
-- whether figures are asked for each day; how often an account is asked about its young posts, by the cadence of
-- domain/collection/cadence.py; and the rows that get older each time, but for few
with young as materialized (
  -- Posts that are younger than a week on the way: when each went out, or will.
  select social_account_id, published_at as at
    from scheduled_post
   where organization_id = :org
     and published_at > now() - interval '7 days'
  union all
  select social_account_id, greatest(scheduled_for, now())
    from scheduled_post
   where organization_id = :org
     and status in ('blocked', 'queued', 'publishing')
     and scheduled_for <= now() + :by::interval),
asked as materialized (
  -- How often their account is asked: once an hour in two days, then every six hours; an hour has one visit.
  select least(
           sum(greatest(extract(epoch from least(y.at + interval '48 hours', now() + :by)
                                           - greatest(y.at, now())) / 3600, 0)
               + greatest(extract(epoch from least(y.at + interval '7 days', now() + :by)
                                             - greatest(y.at + interval '48 hours', now())) / 21600, 0)),
           extract(epoch from :by) / 3600) as times
    from young y
    join social_account a on a.organization_id = :org and a.id = y.social_account_id
   where a.collect_at is not null
   group by y.social_account_id)
select (select count(distinct run_at)
          from job
         where organization_id = :org
           and kind not in ('deliver_webhook', 'relay_conversions')
           and finished_at is null
           and run_at <= now() + :by) as times,
       (select coalesce(sum(ceil(times)), 0)::int
          from asked) as visits,
       exists (
         select
           from social_account
          where organization_id = :org
            and collect_at is not null) as daily,
       (select count(*)
          from job
         where organization_id = :org)
     + (select count(*)
          from job_attempt
         where organization_id = :org)
     + (select count(*)
          from job_step
         where organization_id = :org)
     + (select count(*)
          from content_item
         where organization_id = :org)
     + (select count(*)
          from content_asset
         where organization_id = :org)
     + (select count(*)
          from scheduled_post
         where organization_id = :org)
     + (select count(*)
          from post_event
         where organization_id = :org)
     + (select count(*)
          from account_send
         where organization_id = :org) as rows;

-- name: take_place    of so many for advances at one time, until the connection ends; null: all are taken
select n
  from generate_series(1, :places::int) n
 where pg_try_advisory_lock(76, n)
 limit 1;
