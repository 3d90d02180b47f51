-- The event store. It may be a database of its own, so nothing here refers to a table outside of it. Each statement names one
-- project, and each unique index contains project_id: so the store can be sharded by project.

-- The generation whose leaf takes new ids: one row, and no index, since its key would not contain project_id.
create table event_generation (
    n     integer not null,
    since timestamptz not null default now()
);
insert into event_generation (n) values (0);

-- Received ids by generation, for the dedup window. Each leaf has one unique index and no other: with two indexes of a common
-- prefix, a plan made while the leaf was empty would keep the wrong one.
create table event_seen (
    generation integer not null,
    project_id uuid not null,
    app_no     smallint not null,
    event_key  uuid not null
) partition by list (generation);

-- Events by the UTC day of their occurrence. `event_id` is the sent id, unless event_key equals it.
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

-- The names that a project's counts are grouped by, one row each, and their number. Events of further names are counted
-- together, so that the rows of counts are bounded for any input.
create table event_name (
    project_id uuid not null,
    name       text not null,
    primary key (project_id, name)
);
create table event_name_count (
    project_id uuid not null primary key,
    n          integer not null
);

-- Additions of commits to the counts, until they are folded into the rollups: a queue that is emptied continually.
create table event_delta (
    seq          bigint generated always as identity,
    project_id   uuid not null,
    app_no       smallint not null,
    bucket       timestamptz not null,
    name         text not null constraint event_delta_has_name check (name <> ''),
    currency     text not null,
    n            bigint not null,
    value_micros bigint not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
create index event_delta_in_line on event_delta (seq);
-- Each read of a project's counts adds its deltas.
create index event_delta_of_project on event_delta (project_id);

-- Rollups by quarter of an hour, and by hour of UTC. Sums are numeric, so that no value of an app overflows them. Counts of
-- all names together are rows with an empty name and currency, so that they are read without the names.
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

-- Users of a project by UTC day, with the quarters of hours in which they were active: 48 bits before noon, 48 bits after it.
-- So users between any two quarters are counted, not estimated, in every zone. A person is 128 bits of a hash of the app's own
-- user id, or of the anonymous one.
create table event_person (
    project_id uuid not null,
    day        date not null,
    person     uuid not null,
    am         bigint not null,
    pm         bigint not null,
    primary key (project_id, day, person)
) with (fillfactor = 80);

-- The same by month: a bit for each day.
create table event_person_month (
    project_id uuid not null,
    month      date not null,
    person     uuid not null,
    days       integer not null,
    primary key (project_id, month, person)
) with (fillfactor = 80);

-- Additions of commits to both tables, until they are folded: a queue as event_delta.
create table event_person_delta (
    seq        bigint generated always as identity,
    project_id uuid not null,
    day        date not null,
    person     uuid not null,
    am         bigint not null,
    pm         bigint not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
create index event_person_delta_in_line on event_person_delta (seq);
create index event_person_delta_of_project on event_person_delta (project_id, day);

-- The newest rejected events of a project, so that their sender can see the reasons. Deleted after a while.
create table event_quarantine (
    project_id  uuid not null,
    id          uuid not null,
    app_no      smallint not null,
    code        text not null,
    name        text,
    event_id    text,
    text        text not null,
    received_at timestamptz not null default now(),
    primary key (project_id, id)
);
-- For the retention chore, over all projects.
create index event_quarantine_by_age on event_quarantine (received_at);

-- Progress of the copy to the archive: days before `day` are complete, and `copied` events of `day` in `batches` batches, up
-- to the event in the last columns. One row, and no index, as event_generation.
create table event_archive (
    day              date not null,
    attempt          integer not null default 0,
    emptied          boolean not null default false,
    batches          integer not null default 0,
    copied           bigint not null default 0,
    last_project     uuid not null default '00000000-0000-0000-0000-000000000000',
    last_occurred_at timestamptz not null default '-infinity',
    last_key         uuid not null default '00000000-0000-0000-0000-000000000000',
    last_app_no      smallint not null default -1
);

-- Conversions, one row for each event and destination: an outbox, then the delivery log.
create table event_conversion (
    project_id    uuid not null,
    app_no        smallint not null,
    destination   text not null,
    event_key     uuid not null,
    id            uuid not null,
    -- As in the event; `event_id` unless event_key equals it.
    name          text not null,
    event_id      text,
    -- The destination's own name of the event.
    event_name    text not null,
    occurred_at   timestamptz not null,
    state         text not null default 'pending',
    due_at        timestamptz not null default now(),
    -- The first call that may have delivered the event: from then on the destination has its id, within its own dedup window.
    first_try_at  timestamptz,
    tries         smallint not null default 0,
    error_code    text,
    error_message text,
    created_at    timestamptz not null default now(),
    settled_at    timestamptz,
    primary key (project_id, app_no, destination, event_key)
);
create unique index event_conversion_in_order on event_conversion (project_id, id desc);
create index event_conversion_due on event_conversion (project_id, app_no, destination, due_at) where state = 'pending';
create index event_conversion_old on event_conversion (created_at);
-- Lists by states that few conversions of a project may have.
create index event_conversion_undelivered on event_conversion (project_id, id desc)
    where state not in ('pending', 'delivered');
create index event_conversion_waiting on event_conversion (project_id, id desc) where state = 'pending';

-- Figures of an ad on a day of its account's calendar, by attribution window. The ids are the platform's. One index: with two
-- of a common prefix, a plan made on an empty table would keep the wrong one.
create table ad_day (
    project_id         uuid not null,
    attribution_window text not null,
    day                date not null,
    platform           text not null,
    ad_account_id      text not null,
    ad_id              text not null,
    campaign_id        text not null,
    adset_id           text not null,
    currency           text not null,
    spend_micros       bigint not null,
    impressions        bigint not null,
    clicks             bigint not null,
    conversions        bigint not null,
    revenue_micros     bigint not null,
    reach              bigint,
    imported_at        timestamptz not null default now(),
    primary key (project_id, attribution_window, day, platform, ad_account_id, ad_id)
);

select make_event_leaf(0);
select make_event_days((now() at time zone 'UTC')::date - 8, (now() at time zone 'UTC')::date + 14);
