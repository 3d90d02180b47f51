-- People of a project by day of UTC, and in which quarters of its hours they did something: 48 bits before noon, 48 after it. So how
-- many there were between any two quarters is counted, not estimated, in every zone. A person is 128 bits of a hash of the app's own
-- id of them, or of the anonymous one.
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

-- What commits add to them, until it is folded: a queue as event_delta.
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
