-- name: fold    a batch of the queue into days and months; how many
with gone as (
  -- As in event_delta.sql.
  delete from event_person_delta
   where ctid = any (array(
           select ctid
             from event_person_delta
            order by seq
            limit :limit
              for update skip locked))
  returning project_id, day, person, am, pm),
merged as materialized (
  -- A row for each person and day.
  select project_id, day, person, bit_or(am) as am, bit_or(pm) as pm
    from gone
   group by project_id, day, person),
days as (
  -- In one order, as all folders; who did something in that quarter before is not written again.
  insert into event_person as r (project_id, day, person, am, pm)
  select project_id, day, person, am, pm
    from merged
   order by project_id, day, person
      on conflict (project_id, day, person) do update
     set am = r.am | excluded.am, pm = r.pm | excluded.pm
   where r.am | excluded.am <> r.am
      or r.pm | excluded.pm <> r.pm
  returning 1),
months as (
  -- All days were locked before.
  insert into event_person_month as r (project_id, month, person, days)
  select project_id, day - extract(day from day)::int + 1, person,
         bit_or(1 << (extract(day from day)::int - 1))
    from merged
   where (select count(*) from days) >= 0
   group by project_id, day - extract(day from day)::int + 1, person
   order by project_id, day - extract(day from day)::int + 1, person
      on conflict (project_id, month, person) do update
     set days = r.days | excluded.days
   where r.days | excluded.days <> r.days
  returning 1)
select count(*)::int
  from gone;

-- name: count_people    different ones of each place, of days' quarters and of months' days; folded or not
with quarters as materialized (
  -- Days of which quarters count.
  select place, day, am, pm
    from unnest(:places::int[], :days::date[], :ams::bigint[], :pms::bigint[]) as q (place, day, am, pm)),
months as materialized (
  -- Months of which days count.
  select place, month, days
    from unnest(:month_places::int[], :months::date[], :month_days::int[]) as m (place, month, days))
select p.place, s.n
  from (select distinct place from quarters union select place from months) p
 cross join lateral (
         -- Place by place, so that no sort or hash is larger than the memory that it may use.
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
                    and r.days & m.days <> 0
                  union
                 select d.person
                   from quarters q
                   join event_person_delta d on d.project_id = :project_id and d.day = q.day
                  where q.place = p.place
                    and (d.am & q.am <> 0 or d.pm & q.pm <> 0)
                  union
                 select d.person
                   from months m
                   join event_person_delta d on d.project_id = :project_id
                                            and d.day >= m.month
                                            and d.day < m.month + 31
                  where m.place = p.place
                    and d.day - extract(day from d.day)::int + 1 = m.month
                    and m.days & (1 << (extract(day from d.day)::int - 1)) <> 0) person) s;

-- name: first_day    on which somebody of a project was noted; folded or not
select least((select min(day) from event_person where project_id = :project_id),
             (select min(day) from event_person_delta where project_id = :project_id));

-- part: month    of the day
:day::date - extract(day from :day::date)::int + 1

-- part: bit    of the day, in its month's
1 << (extract(day from :day::date)::int - 1)

-- name: drop_people    a project's of a day
with days as (
  -- Its quarters.
  delete from event_person
   where project_id = :project_id
     and day = :day::date)
update event_person_month
   set days = days & ~({bit})
 where project_id = :project_id
   and month = {month}
   and days & ({bit}) <> 0;

-- name: find_people    anew, from all that this snapshot has; none of them may be in the queue any more
with folded as (
  -- Of the events that are read below.
  delete from event_person_delta
   where project_id = :project_id
     and day = :day::date),
found as (
  -- Each event's person and quarter.
  select encode(substring(sha256(convert_to(
           case when user_id is null then 'a' || anonymous_id else 'u' || user_id end, 'UTF8'))
           from 1 for 16), 'hex')::uuid as person,
         floor(extract(epoch from occurred_at - :since) / 900)::int as quarter
    from event
   where project_id = :project_id
     and occurred_at >= :since
     and occurred_at < :until
     and (user_id is not null or anonymous_id is not null)),
merged as materialized (
  -- A row for each person.
  select person,
         coalesce(bit_or(1::bigint << quarter) filter (where quarter < 48), 0) as am,
         coalesce(bit_or(1::bigint << (quarter - 48)) filter (where quarter >= 48), 0) as pm
    from found
   group by person),
days as (
  -- As they are.
  insert into event_person (project_id, day, person, am, pm)
  select :project_id, :day::date, person, am, pm
    from merged)
insert into event_person_month as r (project_id, month, person, days)
select :project_id, {month}, person, {bit}
  from merged
    on conflict (project_id, month, person) do update
   set days = r.days | excluded.days;

-- name: stop_folds    until the transaction ends; folds under way end first, and events still come
lock table event_person in share row exclusive mode;

-- name: stop_rebuilds    until the transaction ends; one under way ends first, and folds go on
lock table event_person in row exclusive mode;

-- name: purge_deltas    a project's; folds of them end first
delete from event_person_delta
 where project_id = :project_id;

-- name: purge_people    the last ones of a project, a batch of each
with first as (
  -- The first of the batch, by the index; none where it is the last batch.
  select day, person
    from event_person
   where project_id = :project_id
   order by day desc, person desc
  offset :limit - 1
   limit 1),
first_month as (
  -- The same of months.
  select month, person
    from event_person_month
   where project_id = :project_id
   order by month desc, person desc
  offset :limit - 1
   limit 1),
months as (
  -- The batch of months.
  delete from event_person_month
   where project_id = :project_id
     and (month, person) >= (
           coalesce((select month from first_month), '-infinity'),
           coalesce((select person from first_month), '00000000-0000-0000-0000-000000000000'))
  returning 1),
days as (
  -- The batch of days.
  delete from event_person
   where project_id = :project_id
     and (day, person) >= (
           coalesce((select day from first), '-infinity'),
           coalesce((select person from first), '00000000-0000-0000-0000-000000000000'))
  returning 1)
select (select count(*) from days)::int + (select count(*) from months)::int;
