-- Templates of partners: looks of their own for generated content.
create table content_template (
    organization_id uuid not null references organization (id),
    id              uuid not null,
    -- Null: a template of the organization, for all of its projects.
    project_id      uuid,
    name            text not null,
    -- The latest version.
    version         integer not null check (version > 0),
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    deleted_at      timestamptz,
    primary key (organization_id, id),
    foreign key (organization_id, project_id) references project (organization_id, id)
);
create unique index content_template_name on content_template (organization_id, project_id, name) nulls not distinct
    where deleted_at is null;
create index content_template_project on content_template (organization_id, project_id, id);

-- The versions of a template, which never change.
create table content_template_version (
    organization_id uuid not null,
    template_id     uuid not null,
    version         integer not null check (version > 0),
    html            text not null,
    -- The header of the file: needs, trades, voices and kinds of slides.
    header          jsonb not null,
    created_at      timestamptz not null default now(),
    primary key (organization_id, template_id, version),
    foreign key (organization_id, template_id) references content_template (organization_id, id) on delete cascade
);
