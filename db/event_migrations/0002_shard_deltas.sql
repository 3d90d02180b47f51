-- The queues of deltas are folded by shard and read by project: one index serves both, instead of two. Meanwhile the folds
-- of the release before sort the queue. `seq` is theirs alone, and stays empty.
-- Rows from before count as ten minutes old, so that no answer says that it includes them while they wait.
alter table event_delta
    alter column seq drop identity,
    alter column seq drop not null,
    add column queued_at timestamptz not null default now() - interval '10 minutes';
alter table event_delta alter column queued_at set default now();
create index event_delta_by_shard on event_delta (event_shard(project_id), project_id, queued_at);
drop index event_delta_in_line, event_delta_of_project;

alter table event_person_delta
    alter column seq drop identity,
    alter column seq drop not null,
    add column queued_at timestamptz not null default now() - interval '10 minutes';
alter table event_person_delta alter column queued_at set default now();
create index event_person_delta_by_shard on event_person_delta (event_shard(project_id), project_id, queued_at);
drop index event_person_delta_in_line, event_person_delta_of_project;
