-- name: add_days
-- Add the counts of one process to the sums of all, and return the sums. Sorted against deadlocks between two
-- processes.
insert into intake_day as d (organization_id, day, events, bytes)
select organization_id, day, events, bytes
  from unnest(:orgs::uuid[], :days::date[], :events::bigint[], :bytes::bigint[])
    as a (organization_id, day, events, bytes)
 order by organization_id, day
    on conflict (organization_id, day) do update
   set events = d.events + excluded.events, bytes = d.bytes + excluded.bytes
returning organization_id, day, events, bytes;

-- name: get_day    Return the sums of an organization's day; no row if it has sent no event.
select events, bytes
  from intake_day
 where organization_id = :org
   and day = :day;

-- name: prune_days    Delete a batch of sums before a day.
delete from intake_day
 where (organization_id, day) in (
         select organization_id, day
           from intake_day
          where day < :before
          order by day
          limit :limit);
