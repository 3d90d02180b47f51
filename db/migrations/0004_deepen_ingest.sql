-- What an ingest leaves for the next one, and the pace at which an upstream may be asked.

-- Null: the next ingest reads everything anew.
alter table brand_source add column visit jsonb;

-- One row for each upstream that counts our requests, whichever tenant and worker they are for:
-- `free_at` is when its next request may go (a generic cell rate algorithm's theoretical arrival time);
-- after it refused one, none goes until `held_until`, and `held_s` is how long that rest was.
create table upstream_pace (
    upstream   text primary key,
    free_at    timestamptz not null default now(),
    held_until timestamptz not null default now(),
    held_s     double precision not null default 0
) with (fillfactor = 20);
