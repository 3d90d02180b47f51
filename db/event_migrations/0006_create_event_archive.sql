-- How far events have come on their way into an archive elsewhere: days before `day` are there, and of it `copied` events in so many
-- batches, up to the one that the last columns name. One row, and no index, as event_generation.
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
