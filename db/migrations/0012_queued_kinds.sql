-- The kinds of the due jobs in each line. A due job's trigger adds its kind, and locks the row until the commit. A pull deletes a
-- kind without a due job, unless a transaction locks it. So a line with a due job has the job's kind.
create table queued_kind (
    pool            text not null,
    organization_id uuid not null,
    internal        boolean not null,
    kind            text not null,
    -- Pulls pass by until this time, since the organization is at its cap.
    rest_until      timestamptz,
    -- Until the second time, pulls read the line from the first one on: earlier entries of `job_due` are jobs of other kinds, or
    -- dead rows that a snapshot keeps.
    read_from       timestamptz not null default '-infinity',
    read_from_until timestamptz not null default '-infinity',
    primary key (pool, organization_id, internal, kind)
) with (fillfactor = 50);

create index queued_kind_awake   on queued_kind (pool, organization_id, internal, kind) where rest_until is null;
create index queued_kind_resting on queued_kind (pool, rest_until) where rest_until is not null;

-- A line that a pull visits: it reads the line from `read_from` on, and claims at most `room` jobs. Its tenant holds `held` running
-- jobs.
create type visited_line as (
    org       uuid,
    internal  boolean,
    tenant    uuid,
    read_from timestamptz,
    held      integer,
    room      integer
);

-- Deferred to the commit, which waits for no client. So a frozen process never keeps a line's first row from other transactions.
create constraint trigger note_kind_of_new_job
 after insert on job
       deferrable initially deferred
   for each row
  when (new.state = 'queued' and new.stage <> 'scheduled')
       execute function note_queued_kind();

create constraint trigger note_kind_of_due_job
 after update of state, stage, pool on job
       deferrable initially deferred
   for each row
  when (new.state = 'queued' and new.stage <> 'scheduled'
        and (old.state <> 'queued' or old.stage = 'scheduled' or old.pool <> new.pool))
       execute function note_queued_kind();

insert into queued_kind (pool, organization_id, internal, kind)
select distinct pool, organization_id, internal, kind
  from job
 where state = 'queued'
   and stage <> 'scheduled';
