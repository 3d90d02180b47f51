-- Load of sandbox clock advances on the shared Postgres.

-- name: weigh
-- Estimate an advance: its times with due work, as far as known; whether figures are collected daily; and the
-- rows to age at each stop, but for a few tables.
select (select count(distinct run_at)
          from job
         where organization_id = :org
           and kind not in ('deliver_webhook', 'relay_conversions')
           and finished_at is null
           and run_at <= now() + :by::interval) as times,
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

-- name: take_place
-- Take one of the places for concurrent advances until the connection ends; null: all are taken.
select n
  from generate_series(1, :places::int) n
 where pg_try_advisory_lock(76, n)
 limit 1;
