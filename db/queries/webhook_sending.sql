-- part: free    Whether an endpoint has neither a job nor a reason to wait.
(coalesce(e.status in ('active', 'disabled') or e.deleted_at is not null, true)
        and coalesce(e.retry_at <= now(), true)
        and not exists (
          select
            from job j
           where j.organization_id = w.organization_id
             and j.unique_key = 'deliver:' || w.endpoint_id
             and j.finished_at is null))

-- name: find_new
-- Return a batch of endpoints after one, in order, with deliveries that were never attempted.
with recursive endpoints as (
  -- Loose index scan over the partial index of these deliveries: it reads few rows for any number of them.
  (select organization_id, endpoint_id, 1 as n
     from webhook_delivery
    where status = 'pending'
      and attempts = 0
      and (organization_id, endpoint_id) > (:org, :endpoint_id)
    order by organization_id, endpoint_id
    limit 1)
   union all
  select b.organization_id, b.endpoint_id, w.n + 1
    from endpoints w
   cross join lateral (
         select organization_id, endpoint_id
           from webhook_delivery
          where status = 'pending'
            and attempts = 0
            and (organization_id, endpoint_id) > (w.organization_id, w.endpoint_id)
          order by organization_id, endpoint_id
          limit 1) b
   where w.n < :limit)
select w.organization_id, w.endpoint_id, {free} as free
  from endpoints w
  left join webhook_endpoint e on e.organization_id = w.organization_id and e.id = w.endpoint_id;

-- name: find_due    Return a batch of endpoints with pending deliveries, as find_new; `free` needs a due one.
with recursive endpoints as (
  -- The first delivery of each endpoint, which is the first to be due.
  (select organization_id, endpoint_id, next_at, 1 as n
     from webhook_delivery
    where status = 'pending'
      and (organization_id, endpoint_id) > (:org, :endpoint_id)
    order by organization_id, endpoint_id, next_at
    limit 1)
   union all
  select b.organization_id, b.endpoint_id, b.next_at, w.n + 1
    from endpoints w
   cross join lateral (
         select organization_id, endpoint_id, next_at
           from webhook_delivery
          where status = 'pending'
            and (organization_id, endpoint_id) > (w.organization_id, w.endpoint_id)
          order by organization_id, endpoint_id, next_at
          limit 1) b
   where w.n < :limit)
select w.organization_id, w.endpoint_id, w.next_at <= now() and {free} as free
  from endpoints w
  left join webhook_endpoint e on e.organization_id = w.organization_id and e.id = w.endpoint_id;

-- name: find_left    Return endpoints with attempts under way.
select distinct w.organization_id, w.endpoint_id, {free} as free
  from webhook_delivery w
  left join webhook_endpoint e on e.organization_id = w.organization_id and e.id = w.endpoint_id
 where w.status = 'delivering'
   and (w.organization_id, w.endpoint_id) > (:org, :endpoint_id)
 order by w.organization_id, w.endpoint_id
 limit :limit;

-- name: open_endpoint    Return an endpoint's state for its job.
select status, deleted_at is not null as deleted, coalesce(retry_at > now(), false) as rests,
       consecutive_failures > 0 as failing
  from webhook_endpoint
 where organization_id = :org
   and id = :endpoint_id;

-- name: requeue    Return attempts of an ended job attempt to the queue; the receivers may have got them.
update webhook_delivery
   set status = 'pending', next_at = now()
 where organization_id = :org
   and endpoint_id = :endpoint_id
   and status = 'delivering';

-- name: take_deliveries
-- Mark due deliveries as under way, the longest due first: from then on the receiver may have them.
with endpoint as materialized (
  -- Its address, if it accepts deliveries now.
  select url
    from webhook_endpoint
   where organization_id = :org
     and id = :endpoint_id
     and status = 'active'
     and deleted_at is null
     and coalesce(retry_at <= now(), true)),
due_deliveries as materialized (
  -- The lock serializes this with replays and abandons.
  select id, event_id
    from webhook_delivery
   where organization_id = :org
     and endpoint_id = :endpoint_id
     and status = 'pending'
     and next_at <= now()
     and exists (select from endpoint)
   order by next_at, id
   limit :limit
     for no key update)
update webhook_delivery d
   set status = 'delivering', attempts = d.attempts + 1, attempted_at = now()
  from due_deliveries
 cross join endpoint e
  left join webhook_event v on v.organization_id = :org and v.id = due_deliveries.event_id
 where d.organization_id = :org
   and d.id = due_deliveries.id
returning d.id, d.event_id, d.attempts as tries, v.body, e.url;

-- name: settle_deliveries    Settle the deliveries that are still under way.
update webhook_delivery d
   set status = r.status, http_status = r.http_status, error_code = r.error_code,
       next_at = now() + r.after_s * interval '1 second',
       ended_at = case when r.status <> 'pending' then now() end
  from unnest(:ids::uuid[], :statuses::text[], :http_statuses::smallint[], :error_codes::text[],
              :afters_s::float8[])
    as r (id, status, http_status, error_code, after_s)
 where d.organization_id = :org
   and d.id = r.id
   and d.status = 'delivering';

-- name: note_success    Reset the failures of an endpoint at this address; a requested pause goes on.
update webhook_endpoint
   set consecutive_failures = 0, failing_since = null
 where organization_id = :org
   and id = :endpoint_id
   and url = :url
   and consecutive_failures > 0;

-- name: note_failures
-- Count failures of an endpoint at this address and start a backoff that grows with them. A row: it has
-- failed for too long.
with failing_endpoint as (
  update webhook_endpoint
     set consecutive_failures = consecutive_failures + :failures,
         failing_since = coalesce(failing_since, now()),
         retry_at = greatest(
           retry_at,
           case when consecutive_failures + :failures > :patient_tries
                then now() + interval '1 second'
                     * least(2 ^ least(consecutive_failures + :failures - :patient_tries, 10),
                             :most_rest_s::float8)
            end)
   where organization_id = :org
     and id = :endpoint_id
     and url = :url
  returning failing_since)
select failing_since
  from failing_endpoint
 where failing_since <= now() - :patience::interval;

-- name: note_pause    Start a pause that this address requested; no other answer shortens it.
update webhook_endpoint
   set retry_at = greatest(retry_at, now() + interval '1 second' * :asked_s::float8)
 where organization_id = :org
   and id = :endpoint_id
   and url = :url;

-- name: disable_endpoint    Disable an endpoint, unless its address or status was changed meanwhile.
update webhook_endpoint
   set status = 'disabled', disabled_reason = :reason, version = version + 1, updated_at = now()
 where organization_id = :org
   and id = :endpoint_id
   and status in ('active', 'paused')
   and url = :url
   and deleted_at is null;

-- name: abandon_deliveries
-- Abandon a batch of deliveries of a disabled or deleted endpoint; return their number.
with batch as materialized (
  -- Pending ones, and those that an ended job attempt left.
  select id
    from webhook_delivery
   where organization_id = :org
     and endpoint_id = :endpoint_id
     and status in ('pending', 'delivering')
   order by id
   limit :limit
     for no key update),
abandoned as (
  update webhook_delivery d
     set status = 'abandoned', ended_at = now()
    from batch
   where d.organization_id = :org
     and d.id = batch.id
  returning d.id)
select count(*)::int
  from abandoned;

-- name: backlog_age_s
-- Return the wait in seconds of the longest due delivery of endpoints that accept deliveries now.
select coalesce(extract(epoch from now() - min(d.next_at)), 0)::float8
  from webhook_endpoint e
 cross join lateral (
         select next_at
           from webhook_delivery
          where organization_id = e.organization_id
            and endpoint_id = e.id
            and status = 'pending'
          order by next_at
          limit 1) d
 where e.status = 'active'
   and e.deleted_at is null
   and coalesce(e.retry_at <= now(), true)
   and d.next_at <= now();
