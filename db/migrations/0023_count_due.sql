-- How many jobs wait in a pool where they are many: the dispatcher counts a part at a time, so that neither it nor whoever
-- asks reads them all at once. Nobody else writes here.
create table pool_count (
    pool           text primary key,
    -- The last count that came to its end.
    due            bigint not null default 0,
    oldest_run_at  timestamptz,
    counted_at     timestamptz not null default '-infinity',
    -- The one under way, and the place in `job_due` that it has come to; null: it begins.
    so_far         bigint not null default 0,
    oldest_so_far  timestamptz,
    after_org      uuid,
    after_internal boolean,
    after_run_at   timestamptz,
    after_id       uuid
) with (fillfactor = 20);
