-- Events that are conversions, one row for each destination: an outbox, and then what became of each.

create table event_conversion (
    project_id    uuid not null,
    app_no        smallint not null,
    destination   text not null,
    event_key     uuid not null,
    id            uuid not null,
    -- As the event has them; the id where event_key doesn't say it.
    name          text not null,
    event_id      text,
    -- The destination's own name for it.
    event_name    text not null,
    occurred_at   timestamptz not null,
    state         text not null default 'pending',
    due_at        timestamptz not null default now(),
    -- Of a call that may have delivered it: from then on the destination knows its id, for so long as it knows one.
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
