-- A step that a task has named, with what its first run returned: it commits once for each job. It goes with its job.
create table job_step (
    organization_id uuid not null,
    job_id          uuid not null,
    name            text not null check (length(name) between 1 and 100),
    result          jsonb,
    created_at      timestamptz not null default now(),
    primary key (organization_id, job_id, name),
    foreign key (organization_id, job_id) references job (organization_id, id) on delete cascade
);
