-- Refused events, for a while: the newest ones of a project, so that their sender can see why they aren't kept.
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
-- For the chore that deletes old ones, whoever's they are.
create index event_quarantine_by_age on event_quarantine (received_at);
