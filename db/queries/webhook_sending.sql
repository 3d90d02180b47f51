-- part: free    whether an endpoint has neither a job nor a reason to wait
(coalesce(e.status in ('active', 'disabled') or e.deleted_at is not null, true)
        and coalesce(e.retry_at <= now(), true)
        and not exists (
          select
            from job j
           where j.organization_id = w.organization_id
             and j.unique_key = 'deliver:' || w.endpoint_id
             and j.finished_at is null))

-- name: find_new    endpoints behind one of them in order, a batch, with deliveries that nobody has tried
with recursive walk as (
  -- One after the other in the index of what nobody has tried: however much waits for one, few rows are read.
  (select organization_id, endpoint_id, 1 as n
     from webhook_delivery
    where status = 'pending'
      and attempts = 0
      and (organization_id, endpoint_id) > (:org, :endpoint_id)
    order by organization_id, endpoint_id
    limit 1)
   union all
  select b.organization_id, b.endpoint_id, w.n + 1
    from walk w
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
  from walk w
  left join webhook_endpoint e on e.organization_id = w.organization_id and e.id = w.endpoint_id;

-- name: find_due    the same of all that wait, with something due
with recursive walk as (
  -- The first of each, which is the one that is due first.
  (select organization_id, endpoint_id, next_at, 1 as n
     from webhook_delivery
    where status = 'pending'
      and (organization_id, endpoint_id) > (:org, :endpoint_id)
    order by organization_id, endpoint_id, next_at
    limit 1)
   union all
  select b.organization_id, b.endpoint_id, b.next_at, w.n + 1
    from walk w
   cross join lateral (
         select organization_id, endpoint_id, next_at
           from webhook_delivery
          where status = 'pending'
            and (organization_id, endpoint_id) > (w.organization_id, w.endpoint_id)
          order by organization_id, endpoint_id, next_at
          limit 1) b
   where w.n < :limit)
select w.organization_id, w.endpoint_id, w.next_at <= now() and {free} as free
  from walk w
  left join webhook_endpoint e on e.organization_id = w.organization_id and e.id = w.endpoint_id;

-- name: find_left    endpoints with tries that nobody is at any more
select distinct w.organization_id, w.endpoint_id, {free} as free
  from webhook_delivery w
  left join webhook_endpoint e on e.organization_id = w.organization_id and e.id = w.endpoint_id
 where w.status = 'delivering'
   and (w.organization_id, w.endpoint_id) > (:org, :endpoint_id)
 order by w.organization_id, w.endpoint_id
 limit :limit;

-- name: open_endpoint    as it is now
select status, deleted_at is not null as deleted, coalesce(retry_at > now(), false) as rests,
       consecutive_failures > 0 as failing
  from webhook_endpoint
 where organization_id = :org
   and id = :endpoint_id;

-- name: put_back    tries of an attempt that is no more; the receivers may have had them
update webhook_delivery
   set status = 'pending', next_at = now()
 where organization_id = :org
   and endpoint_id = :endpoint_id
   and status = 'delivering';

-- name: take_deliveries    the longest due first; from then on the receiver may have them
with endpoint as materialized (
  -- Its address, if it takes some now.
  select url
    from webhook_endpoint
   where organization_id = :org
     and id = :endpoint_id
     and status = 'active'
     and deleted_at is null
     and coalesce(retry_at <= now(), true)),
due as materialized (
  -- Only one attempt takes them, and whoever hurries or abandons one comes before or after it.
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
  from due
 cross join endpoint e
  left join webhook_event v on v.organization_id = :org and v.id = due.event_id
 where d.organization_id = :org
   and d.id = due.id
returning d.id, d.event_id, d.attempts as tries, v.body, e.url;

-- name: settle_deliveries    those that are still being tried
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

-- name: note_success    at this address; nothing is wrong with it any more, but a rest that it wanted goes on
update webhook_endpoint
   set consecutive_failures = 0, failing_since = null
 where organization_id = :org
   and id = :endpoint_id
   and url = :url
   and consecutive_failures > 0;

-- name: note_failures    at this address; it rests, the longer the more there were; a row: for too long
with failed as (
  -- The endpoint.
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
  from failed
 where failing_since <= now() - :patience::interval;

-- name: note_rest    that this address asked for; no other answer makes it shorter
update webhook_endpoint
   set retry_at = greatest(retry_at, now() + interval '1 second' * :asked_s::float8)
 where organization_id = :org
   and id = :endpoint_id
   and url = :url;

-- name: disable_endpoint    unless somebody has given it another address, or a state, meanwhile
update webhook_endpoint
   set status = 'disabled', disabled_reason = :reason, version = version + 1, updated_at = now()
 where organization_id = :org
   and id = :endpoint_id
   and status in ('active', 'paused')
   and url = :url
   and deleted_at is null;

-- name: abandon_deliveries    of an endpoint that is disabled or gone, a batch; how many
with batch as materialized (
  -- Those that wait, and what an attempt left.
  select id
    from webhook_delivery
   where organization_id = :org
     and endpoint_id = :endpoint_id
     and status in ('pending', 'delivering')
   order by id
   limit :limit
     for no key update),
abandoned as (
  -- Their end.
  update webhook_delivery d
     set status = 'abandoned', ended_at = now()
    from batch
   where d.organization_id = :org
     and d.id = batch.id
  returning d.id)
select count(*)::int
  from abandoned;

-- name: backlog_age_s    seconds that the longest due delivery waits, of endpoints that take some now
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
