-- revision 1
-- Store new events, add them to the counts, and record their users. The events come in the order of their ids, each id
-- once. Return null if all are new, else for each whether it is.
-- One statement of the caller, so that a commit is one round trip. The generation comes first, and each statement below has
-- a younger snapshot, since a volatile function takes one for each statement.
create or replace function keep_events(
    project_ids uuid[], app_nos smallint[], event_keys uuid[], names text[], occurred_ats timestamptz[], event_ids text[],
    user_ids text[], anonymous_ids text[], micros bigint[], currencies text[], properties text[], contexts text[]
) returns boolean[]
language plpgsql volatile
as $$
declare
    open_one     integer := open_event_generation();
    new_projects uuid[];
    new_apps     smallint[];
    new_keys     uuid[];
    news         boolean[];
begin
    -- New ids. The closed leaves are probed one by one: with `any` each would be searched three times.
    with kept as (
        insert into event_seen (generation, project_id, app_no, event_key)
        select open_one, s.project_id, s.app_no, s.event_key
          from unnest(project_ids, app_nos, event_keys) as s (project_id, app_no, event_key)
         where (select 1
                  from event_seen o
                 where o.generation = open_one - 1
                   and o.project_id = s.project_id
                   and o.app_no = s.app_no
                   and o.event_key = s.event_key
                 limit 1) is null
           and (select 1
                  from event_seen o
                 where o.generation = open_one - 2
                   and o.project_id = s.project_id
                   and o.app_no = s.app_no
                   and o.event_key = s.event_key
                 limit 1) is null
            on conflict do nothing
        returning project_id, app_no, event_key)
    select array_agg(project_id), array_agg(app_no), array_agg(event_key)
      into new_projects, new_apps, new_keys
      from kept;
    if new_keys is null then
        return array_fill(false, array[cardinality(event_keys)]);
    end if;
    if cardinality(new_keys) < cardinality(event_keys) then
        -- Both sides are as large as the commit: a nested loop would scan one side for each row of the other.
        perform set_config('enable_nestloop', 'off', true);
        select array_agg(k.event_key is not null order by s.place)
          into news
          from unnest(project_ids, app_nos, event_keys) with ordinality as s (project_id, app_no, event_key, place)
          left join unnest(new_projects, new_apps, new_keys) as k (project_id, app_no, event_key)
            on k.project_id = s.project_id and k.app_no = s.app_no and k.event_key = s.event_key;
    end if;
    insert into event (project_id, app_no, event_key, name, occurred_at, event_id, user_id, anonymous_id, value_micros, currency,
                       properties, context)
    select e.project_id, e.app_no, e.event_key, e.name, e.occurred_at, e.event_id, e.user_id, e.anonymous_id, e.value_micros,
           e.currency, e.properties, e.context
      from unnest(project_ids, app_nos, event_keys, names, occurred_ats, event_ids, user_ids, anonymous_ids, micros, currencies,
                  properties, contexts, news)
        as e (project_id, app_no, event_key, name, occurred_at, event_id, user_id, anonymous_id, value_micros, currency,
              properties, context, is_new)
     where e.is_new is not false;
    insert into event_delta (project_id, app_no, bucket, name, currency, n, value_micros)
    select e.project_id, e.app_no, date_bin('15 minutes', e.occurred_at, '2000-01-01Z'), e.name, coalesce(e.currency, ''),
           count(*), coalesce(sum(e.value_micros), 0)
      from unnest(project_ids, app_nos, names, occurred_ats, micros, currencies, news)
        as e (project_id, app_no, name, occurred_at, value_micros, currency, is_new)
     where e.is_new is not false
     group by 1, 2, 3, 4, 5;
    insert into event_person_delta (project_id, day, person, am, pm)
    select m.project_id, m.day, encode(substring(sha256(convert_to(m.who, 'UTF8')) from 1 for 16), 'hex')::uuid, m.am, m.pm
      from (select p.project_id, p.at::date as day, p.who,
                   coalesce(bit_or(1::bigint << p.quarter) filter (where p.quarter < 48), 0) as am,
                   coalesce(bit_or(1::bigint << (p.quarter - 48)) filter (where p.quarter >= 48), 0) as pm
              from (select e.project_id, e.occurred_at at time zone 'UTC' as at,
                           floor(date_part('epoch', (e.occurred_at at time zone 'UTC')::time) / 900)::integer as quarter,
                           case when e.user_id is null then 'a' || e.anonymous_id else 'u' || e.user_id end as who
                      from unnest(project_ids, occurred_ats, user_ids, anonymous_ids, news)
                        as e (project_id, occurred_at, user_id, anonymous_id, is_new)
                     where e.is_new is not false) p
             where p.who is not null
             group by 1, 2, 3) m;
    return news;
end $$;
