-- name: insert_conversions
-- Insert conversions of new events; an event that repeats after weeks still has its row.
insert into event_conversion
       (project_id, app_no, destination, event_key, id, name, event_id, event_name, occurred_at, due_at)
select *, greatest(occurred_at, now())
  from unnest(:project_ids::uuid[], :app_nos::smallint[], :destinations::text[], :event_keys::uuid[],
              :ids::uuid[], :names::text[], :event_ids::text[], :event_names::text[],
              :occurred_ats::timestamptz[])
    as c (project_id, app_no, destination, event_key, id, name, event_id, event_name, occurred_at)
    on conflict (project_id, app_no, destination, event_key) do nothing;

-- name: find_due
-- Return a batch of lines after one, in order, and whether their first row has waited long enough.
with recursive line as (
  -- Loose index scan over the first row of each line, in the order of the partial index of pending rows. It
  -- reads few rows for any length of a line.
  (select project_id, app_no, destination, due_at, 1 as n
     from event_conversion
    where state = 'pending'
      and (project_id, app_no, destination) > (:project_id, :app_no::smallint, :destination::text)
    order by project_id, app_no, destination, due_at
    limit 1)
   union all
  select b.project_id, b.app_no, b.destination, b.due_at, l.n + 1
    from line l
   cross join lateral (
         select project_id, app_no, destination, due_at
           from event_conversion
          where state = 'pending'
            and (project_id, app_no, destination) > (l.project_id, l.app_no, l.destination)
          order by project_id, app_no, destination, due_at
          limit 1) b
   where l.n < :limit)
select project_id, app_no, destination, due_at <= now() - :gather_s * interval '1 second' as due
  from line;

-- name: list_due
-- Return due rows of one line, the longest waiting first, each with its event; nulls for a deleted event.
with due_rows as materialized (
  -- Materialized: the join must read only these of many pending rows.
  select id, app_no, event_key, event_id, event_name, occurred_at, first_try_at, due_at
    from event_conversion
   where state = 'pending'
     and project_id = :project_id
     and app_no = :app_no
     and destination = :destination
     and due_at <= now()
   order by due_at
   limit :limit)
select d.id, coalesce(d.event_id, d.event_key::text) as event_id, d.event_name, d.occurred_at, d.first_try_at,
       e.user_id, e.anonymous_id, e.value_micros, e.currency, e.properties, e.context
  from due_rows d
  left join event e on e.project_id = :project_id
                   and e.occurred_at = d.occurred_at
                   and e.event_key = d.event_key
                   and e.app_no = d.app_no
 order by d.due_at;

-- name: begin_attempts    Record attempts before the call.
update event_conversion
   -- A further attempt moves the time by a microsecond, so requeue finds no row with only one attempt.
   set first_try_at = coalesce(first_try_at - interval '1 microsecond', :at), tries = tries + 1
 where project_id = :project_id
   and id = any((select :ids::uuid[])::uuid[])
   and state = 'pending';

-- name: undo_attempts    Undo the attempts of a call that wasn't made.
update event_conversion
   set first_try_at = nullif(first_try_at, :at), tries = tries - 1
 where project_id = :project_id
   and id = any((select :ids::uuid[])::uuid[])
   and state = 'pending';

-- name: settle    Store final states; a row with a final state keeps it.
update event_conversion c
   set state = s.state, settled_at = now(), error_code = s.error_code, error_message = s.error_message
  from unnest(:ids::uuid[], :states::text[], :error_codes::text[], :error_messages::text[])
    as s (id, state, error_code, error_message)
 where c.project_id = :project_id
   and c.id = s.id
   and c.state = 'pending';

-- name: requeue
-- Return rows to the queue. Clears the first try if the call that began then was the only one, and sent none.
update event_conversion
   set first_try_at = case when :maybe_taken then first_try_at else nullif(first_try_at, :at) end,
       error_code = :error_code, error_message = :error_message
 where project_id = :project_id
   and id = any((select :ids::uuid[])::uuid[])
   and state = 'pending';

-- name: cancel_line    End a batch of a line's pending rows; an attempted one may have been delivered.
update event_conversion
   set state = case when first_try_at is null then 'canceled' else 'outcome_unknown' end,
       settled_at = now(), error_code = :error_code, error_message = :error_message
 where project_id = :project_id
   and id = any (array(
         select id
           from event_conversion
          where state = 'pending'
            and project_id = :project_id
            and app_no = :app_no
            and destination = :destination
          order by due_at
          limit :limit))
   and state = 'pending'
returning state;

-- name: list_conversions    Return a project's conversions, newest first.
select id, app_no, destination, coalesce(event_id, event_key::text) as event_id, name, event_name,
       occurred_at, state, tries, first_try_at, settled_at, error_code, error_message, created_at
  from event_conversion
 where project_id = :project_id
   and (:before::uuid is null or id < :before)
   and (:destinations::text[] is null or destination = any(:destinations))
   and (:states::text[] is null or state = any(:states))
   and app_no <= :last_app
   and (:app_no::smallint is null or app_no = :app_no)
 order by id desc
 limit :limit;

-- part: wanted    Filters of a page.
and (:before::uuid is null or id < :before)
     and (:destinations::text[] is null or destination = any(:destinations))
     and state = any(:states::text[])
     and app_no <= :last_app
     and (:app_no::smallint is null or app_no = :app_no)
   order by id desc
   limit :limit

-- name: list_undelivered
-- Return a project's pending and failed conversions, newest first, each by an index of its own.
with undelivered as (
  -- A search that isn't requested is skipped: it may match most rows.
  (select *
     from event_conversion
   where project_id = :project_id
     and state = 'pending'
     and 'pending' = any(:states::text[])
     {wanted})
  union all
  (select *
     from event_conversion
   where project_id = :project_id
     and state not in ('pending', 'delivered')
     and not :states::text[] <@ '{pending}'
     {wanted}))
select id, app_no, destination, coalesce(event_id, event_key::text) as event_id, name, event_name,
       occurred_at, state, tries, first_try_at, settled_at, error_code, error_message, created_at
  from undelivered
 order by id desc
 limit :limit;

-- name: prune_conversions    Delete a batch of expired rows.
delete from event_conversion
 where (project_id, id) in (
         select project_id, id
           from event_conversion
          where created_at < now() - :keep_s * interval '1 second'
          order by created_at
          limit :limit);

-- name: purge_conversions    Delete the last conversions of a project, a batch.
with batch_start as (
  -- First row of the batch by the index; none for the last batch.
  select id
    from event_conversion
   where project_id = :project_id
   order by id
  offset :limit - 1
   limit 1)
delete from event_conversion
 where project_id = :project_id
   and id <= coalesce((select id from batch_start), 'ffffffff-ffff-ffff-ffff-ffffffffffff');
