-- The store of events. It may be a database of its own, so nothing here refers to a table outside of it. Each statement names one
-- project, and each unique index holds project_id: so the store can be spread over servers by project.

-- The generation whose leaf takes new ids: one row, and no index, since its key would not hold project_id.
create table event_generation (
    n     integer not null,
    since timestamptz not null default now()
);
insert into event_generation (n) values (0);

-- Ids that came, by generation. Each leaf has one unique index and no other: with two that begin alike, a plan that was made while
-- the leaf was empty would stay with the wrong one.
create table event_seen (
    generation integer not null,
    project_id uuid not null,
    app_no     smallint not null,
    event_key  uuid not null
) partition by list (generation);

-- Events by the UTC day in which they occurred. The id as it was sent is kept where event_key doesn't say it.
create table event (
    project_id   uuid not null,
    app_no       smallint not null,
    event_key    uuid not null,
    name         text not null,
    occurred_at  timestamptz not null,
    received_at  timestamptz not null default now(),
    event_id     text,
    user_id      text,
    anonymous_id text,
    value_micros bigint,
    currency     text,
    properties   text not null,
    context      text not null
) partition by range (occurred_at);
create index event_of_project on event (project_id, occurred_at, event_key);

-- What commits add to the counts, until it is folded into them: a queue that is emptied all the time.
create table event_delta (
    seq          bigint generated always as identity,
    project_id   uuid not null,
    app_no       smallint not null,
    bucket       timestamptz not null,
    name         text not null,
    currency     text not null,
    n            bigint not null,
    value_micros bigint not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
create index event_delta_in_line on event_delta (seq);

-- Counts by quarter of an hour, and by hour of UTC. Sums are numeric: no value that an app may send makes one too large to be added.
create table event_rollup (
    project_id   uuid not null,
    name         text not null,
    bucket       timestamptz not null,
    app_no       smallint not null,
    currency     text not null,
    n            bigint not null,
    value_micros numeric not null,
    primary key (project_id, name, bucket, app_no, currency) include (n, value_micros)
);
create table event_rollup_hour (
    project_id   uuid not null,
    name         text not null,
    bucket       timestamptz not null,
    app_no       smallint not null,
    currency     text not null,
    n            bigint not null,
    value_micros numeric not null,
    primary key (project_id, name, bucket, app_no, currency) include (n, value_micros)
);

-- The open generation, which stays open until this transaction ends: a rotation waits for it. The lock comes first, and the read has
-- a younger snapshot, which a volatile function takes for each of its statements. With both in one statement, whoever waited for a
-- rotation would read the generation from before it, and ids in its new leaf would be taken for new.
create function open_event_generation() returns integer
language plpgsql volatile
as $$
begin
    perform pg_advisory_xact_lock_shared(7203);
    return (select n from event_generation);
end $$;

create function make_event_leaf(generation integer) returns void
language plpgsql volatile
as $$
begin
    execute format('create table event_seen_%s (like event_seen) with (autovacuum_vacuum_insert_threshold = -1)', generation);
    execute format('create unique index event_seen_%1$s_key on event_seen_%1$s (project_id, app_no, event_key)', generation);
    execute format('alter table event_seen attach partition event_seen_%1$s for values in (%1$s)', generation);
end $$;

-- The next generation, once the open one is that old; 1 where it was opened. Transactions under way end first, and others wait for
-- this one: not for long, since it gives up after a second.
create function rotate_event_generation(age interval) returns integer
language plpgsql volatile
set lock_timeout = '1s'
as $$
declare
    opened integer;
begin
    perform pg_advisory_xact_lock(7204);
    select n + 1 into opened from event_generation where since <= now() - age;
    if opened is null then
        return 0;
    end if;
    perform make_event_leaf(opened);
    perform pg_advisory_xact_lock(7203);
    update event_generation set n = opened, since = now();
    return 1;
end $$;

-- The oldest leaf behind the closed ones that are still asked; 1 where one was dropped.
create function drop_event_leaf(closed integer) returns integer
language plpgsql volatile
set lock_timeout = '1s'
as $$
declare
    oldest text;
begin
    perform pg_advisory_xact_lock(7204);
    select c.relname into oldest
      from pg_inherits i
      join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'event_seen'::regclass
       and substr(c.relname, 12)::int < (select n - closed from event_generation)
     order by substr(c.relname, 12)::int
     limit 1;
    if oldest is null then
        return 0;
    end if;
    execute format('drop table %I', oldest);
    return 1;
end $$;

-- Tables for these days; how many were missing. One is made by itself and attached, which no reader or writer waits for.
create function make_event_days(first_day date, last_day date) returns integer
language plpgsql volatile
set lock_timeout = '1s'
as $$
declare
    day  date;
    leaf text;
    made integer := 0;
begin
    perform pg_advisory_xact_lock(7204);
    for day in select first_day + i from generate_series(0, last_day - first_day) i
    loop
        leaf := 'event_' || to_char(day, 'YYYYMMDD');
        if to_regclass(leaf) is null then
            execute format('create table %I (like event including defaults) with (autovacuum_vacuum_insert_threshold = -1)', leaf);
            execute format('alter table event attach partition %I for values from (%L) to (%L)',
                           leaf, day || ' 00:00+00', day + 1 || ' 00:00+00');
            made := made + 1;
        end if;
    end loop;
    return made;
end $$;

-- The oldest day's table, where the day is before that one; 1 where one was dropped.
create function drop_event_day(before date) returns integer
language plpgsql volatile
set lock_timeout = '1s'
as $$
declare
    oldest text;
begin
    perform pg_advisory_xact_lock(7204);
    select c.relname into oldest
      from pg_inherits i
      join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'event'::regclass
       and c.relname < 'event_' || to_char(before, 'YYYYMMDD')
     order by c.relname
     limit 1;
    if oldest is null then
        return 0;
    end if;
    execute format('drop table %I', oldest);
    return 1;
end $$;

select make_event_leaf(0);
select make_event_days((now() at time zone 'UTC')::date - 8, (now() at time zone 'UTC')::date + 14);
