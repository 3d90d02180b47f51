-- Projects on their way out for good: from this moment on nothing is written there, and the project itself is not found.
alter table project
    add column purging_at timestamptz,
    add constraint project_purging check (purging_at is null or status = 'archived') not valid;
