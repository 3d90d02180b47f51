-- Brand context: what each source said, and the ingest that said it last.

-- Written whole by its own source; what a reader sees is merged at read.
create table brand_source (
    organization_id uuid not null,
    project_id      uuid not null,
    source          text not null check (source in ('github', 'website', 'appstore', 'partner')),
    fields          jsonb not null,
    url             text,
    job_id          uuid,
    updated_at      timestamptz not null default now(),
    primary key (organization_id, project_id, source),
    foreign key (organization_id, project_id) references project (organization_id, id),
    foreign key (organization_id, job_id) references job (organization_id, id)
);
create index brand_source_job on brand_source (organization_id, job_id) where job_id is not null;

create table ingest (
    organization_id uuid not null,
    project_id      uuid not null,
    source          text not null check (source in ('github', 'website', 'appstore')),
    job_id          uuid not null,
    status          text not null check (status in ('running', 'completed', 'failed', 'canceled')),
    error           jsonb,
    completed_at    timestamptz,
    primary key (organization_id, project_id, source),
    foreign key (organization_id, project_id) references project (organization_id, id),
    foreign key (organization_id, job_id) references job (organization_id, id),
    check ((status = 'running') = (completed_at is null))
);
create index ingest_job on ingest (organization_id, job_id);
