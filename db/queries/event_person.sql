-- name: fold
-- Merge a batch of a locked shard's queue into days and months, project by project; return the number of
-- queue rows and the last project.
with queue_rows as (
  -- As in event_rollup.sql.
  delete from event_person_delta
   where ctid = any (array(
           select ctid
             from event_person_delta
            where event_shard(project_id) = :shard
              and project_id between :first_project and :last_project
            order by project_id, queued_at
            limit :limit))
  returning project_id, day, person, am, pm),
person_days as materialized (
  select project_id, day, person, bit_or(am) as am, bit_or(pm) as pm
    from queue_rows
   group by project_id, day, person),
days as materialized (
  -- With the place and masks of their rows, which only this statement changes: their shard is locked.
  select p.*, r.place, coalesce(r.am, 0) as own_am, coalesce(r.pm, 0) as own_pm
    from person_days p
    left join lateral (
           select ctid as place, am, pm
             from event_person
            where project_id = p.project_id
              and day = p.day
              and person = p.person) r on true
   order by p.project_id, p.day, p.person),
updated_days as (
  -- A person without a new quarter is not rewritten.
  update event_person r
     set am = d.am | d.own_am, pm = d.pm | d.own_pm
    from days d
   where r.ctid = d.place
     and (d.am | d.own_am <> d.own_am or d.pm | d.own_pm <> d.own_pm)),
inserted_days as (
  insert into event_person (project_id, day, person, am, pm)
  select project_id, day, person, am, pm
    from days
   where place is null),
person_months as (
  -- Of days without a row before.
  select project_id, day - extract(day from day)::int + 1 as month, person,
         bit_or(1 << (extract(day from day)::int - 1)) as days
    from days
   where place is null
   group by 1, 2, 3),
months as (
  insert into event_person_month as r (project_id, month, person, days)
  select project_id, month, person, days
    from person_months
   order by project_id, month, person
      on conflict (project_id, month, person) do update
     set days = r.days | excluded.days
   where r.days | excluded.days <> r.days)
select count(*)::int as n,
       (select project_id from queue_rows order by project_id desc limit 1) as last_project
  from queue_rows;

-- name: count_people
-- Count the distinct people of each place, from quarters of days and days of months; return with each whether
-- no people of the project wait for a fold.
with quarters as materialized (
  select place, day, am, pm
    from unnest(:places::int[], :days::date[], :ams::bigint[], :pms::bigint[]) as q (place, day, am, pm)),
months as materialized (
  select place, month, days
    from unnest(:month_places::int[], :months::date[], :month_days::int[]) as m (place, month, days))
select p.place, s.n,
       (select true
          from event_person_delta
         where event_shard(project_id) = event_shard(:project_id)
           and project_id = :project_id
         limit 1) is null as has_all_people
  from (select distinct place from quarters union select place from months) p
 cross join lateral (
         -- Place by place, so that each sort or hash fits into its memory limit.
         select count(*)::int as n
           from (select r.person
                   from quarters q
                   join event_person r on r.project_id = :project_id and r.day = q.day
                  where q.place = p.place
                    and (r.am & q.am <> 0 or r.pm & q.pm <> 0)
                  union
                 select r.person
                   from months m
                   join event_person_month r on r.project_id = :project_id and r.month = m.month
                  where m.place = p.place
                    and r.days & m.days <> 0) person) s;

-- name: first_day    Return the first day with a recorded person of a project.
select min(day)
  from event_person
 where project_id = :project_id;

-- part: month    First day of the day's month.
:day::date - extract(day from :day::date)::int + 1

-- part: bit    Bit of the day in its month's mask.
1 << (extract(day from :day::date)::int - 1)

-- name: drop_people    Delete a project's people of a day.
with days as (
  delete from event_person
   where project_id = :project_id
     and day = :day::date)
update event_person_month
   set days = days & ~({bit})
 where project_id = :project_id
   and month = {month}
   and days & ({bit}) <> 0;

-- name: find_people
-- Recompute a day's people from all events of this snapshot; the queue must not contain any.
-- A fold of an earlier release may have added some since the drop.
with deleted_deltas as (
  -- The deltas of the events that are read below.
  delete from event_person_delta
   where event_shard(project_id) = event_shard(:project_id)
     and project_id = :project_id
     and day = :day::date),
person_quarters as (
  select encode(substring(sha256(convert_to(
           case when user_id is null then 'a' || anonymous_id else 'u' || user_id end, 'UTF8'))
           from 1 for 16), 'hex')::uuid as person,
         floor(extract(epoch from occurred_at - :since) / 900)::int as quarter
    from event
   where project_id = :project_id
     and occurred_at >= :since
     and occurred_at < :until
     and (user_id is not null or anonymous_id is not null)),
person_days as materialized (
  select person,
         coalesce(bit_or(1::bigint << quarter) filter (where quarter < 48), 0) as am,
         coalesce(bit_or(1::bigint << (quarter - 48)) filter (where quarter >= 48), 0) as pm
    from person_quarters
   group by person),
days as (
  insert into event_person as r (project_id, day, person, am, pm)
  select :project_id, :day::date, person, am, pm
    from person_days
      on conflict (project_id, day, person) do update
     set am = r.am | excluded.am, pm = r.pm | excluded.pm)
insert into event_person_month as r (project_id, month, person, days)
select :project_id, {month}, person, {bit}
  from person_days
    on conflict (project_id, month, person) do update
   set days = r.days | excluded.days;

-- name: purge_deltas    Delete a project's queue rows.
delete from event_person_delta
 where event_shard(project_id) = event_shard(:project_id)
   and project_id = :project_id;

-- name: purge_people    Delete the last people of a project, a batch of days and one of months.
with batch_start as (
  -- First row of the batch by the index; none for the last batch.
  select day, person
    from event_person
   where project_id = :project_id
   order by day desc, person desc
  offset :limit - 1
   limit 1),
month_batch_start as (
  -- First month of the batch.
  select month, person
    from event_person_month
   where project_id = :project_id
   order by month desc, person desc
  offset :limit - 1
   limit 1),
months as (
  delete from event_person_month
   where project_id = :project_id
     and (month, person) >= (
           coalesce((select month from month_batch_start), '-infinity'),
           coalesce((select person from month_batch_start), '00000000-0000-0000-0000-000000000000'))
  returning 1),
days as (
  delete from event_person
   where project_id = :project_id
     and (day, person) >= (
           coalesce((select day from batch_start), '-infinity'),
           coalesce((select person from batch_start), '00000000-0000-0000-0000-000000000000'))
  returning 1)
select (select count(*) from days)::int + (select count(*) from months)::int;
