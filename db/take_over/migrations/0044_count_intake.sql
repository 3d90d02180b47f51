-- Events that each organization has sent on a UTC day, over all its apps and keys, and the bytes of their bodies. Each process of the
-- API adds what it has committed, a few times a second at most. A sandbox is an organization of its own.
create table intake_day (
    organization_id uuid not null references organization (id),
    day             date not null,
    events          bigint not null,
    bytes           bigint not null,
    primary key (organization_id, day)
) with (fillfactor = 50);
-- The chore that deletes old days reads all organizations.
create index intake_day_by_day on intake_day (day);
