-- Content: items with their files, their generation and their approvals.

create table content_item (
    organization_id uuid not null,
    project_id      uuid not null,
    id              uuid not null,
    format          text not null check (format in ('video', 'slideshow', 'ugc_remix', 'image', 'text')),
    status          text not null check (status in ('queued', 'processing', 'completed', 'failed', 'canceled')),
    creative_type   text not null check (creative_type in ('generated', 'uploaded')),
    hook            text,
    caption         text not null,
    approval_status text not null check (approval_status in ('not_required', 'pending', 'approved', 'rejected')),
    revision        integer not null default 1 check (revision > 0),
    influencer_id   uuid,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    -- The job that makes the item or its next revision, and the error of its last failure.
    job_id          uuid,
    last_error      jsonb,
    -- Null: uploaded, not made yet, or made by a release that did not record it.
    made_by         text check (made_by in ('renderer', 'voice', 'model', 'presenter', 'clip')),
    -- The partner declares that the item, or its clip, is AI-made.
    ai_declared     boolean not null default false,
    primary key (organization_id, id),
    foreign key (organization_id, project_id) references project (organization_id, id),
    foreign key (organization_id, project_id, influencer_id) references influencer (organization_id, project_id, id),
    unique (organization_id, project_id, id)
);
create index content_item_project   on content_item (organization_id, project_id, id);
-- Lists by a value that few items may have.
create index content_item_status    on content_item (organization_id, status, project_id, id);
create index content_item_approval  on content_item (organization_id, approval_status, project_id, id);
create index content_item_format    on content_item (organization_id, format, project_id, id);
create index content_item_creative  on content_item (organization_id, creative_type, project_id, id);
-- The same over all projects, in the order of ids.
create index content_item_of_all    on content_item (organization_id, status, id);
create index content_item_to_decide on content_item (organization_id, approval_status, id);
create trigger tell_decided after update of approval_status on content_item
    for each row when (new.approval_status in ('approved', 'rejected') and new.approval_status <> old.approval_status)
    execute function tell_webhooks('content');

create table content_asset (
    organization_id uuid not null,
    content_id      uuid not null,
    id              uuid not null,
    position        smallint not null,
    kind            text not null check (kind in ('image', 'video')),
    mime_type       text not null,
    width           integer not null check (width > 0),
    height          integer not null check (height > 0),
    duration_ms     integer check (duration_ms > 0),
    size_bytes      bigint not null check (size_bytes > 0),
    sha256          bytea not null check (length(sha256) = 32),
    -- 256 random bits: the file's name in the storage and in its URL, which needs no key.
    token           text not null unique check (length(token) = 43),
    created_at      timestamptz not null default now(),
    primary key (organization_id, id),
    unique (organization_id, content_id, position),
    foreign key (organization_id, content_id) references content_item (organization_id, id),
    check ((kind = 'video') = (duration_ms is not null))
);
create trigger count_added after insert on content_asset
    referencing new table as added for each statement execute function count_storage();
create trigger count_gone after delete on content_asset
    referencing old table as gone for each statement execute function count_storage();

-- A small JPEG of a file, for lists.
create table asset_thumbnail (
    organization_id uuid not null,
    asset_id        uuid not null,
    size_bytes      bigint not null check (size_bytes > 0),
    sha256          bytea not null check (length(sha256) = 32),
    token           text not null unique check (length(token) = 43),
    primary key (organization_id, asset_id),
    foreign key (organization_id, asset_id) references content_asset (organization_id, id) on delete cascade
);
create trigger count_added after insert on asset_thumbnail
    referencing new table as added for each statement execute function count_storage();
create trigger count_gone after delete on asset_thumbnail
    referencing old table as gone for each statement execute function count_storage();

-- A file in the making, from before its first byte until the transaction that gives it to an asset. So a crash leaves no file
-- that only a scan of the storage would find. Later also a replaced file of a content: its URL stays valid for a day.
create table media_upload (
    organization_id uuid not null references organization (id),
    token           text not null,
    started_at      timestamptz not null default now(),
    -- The reservation before the first byte, then the file's size.
    size_bytes      bigint not null default 0 check (size_bytes >= 0),
    -- Of a replaced file.
    content_id      uuid,
    mime_type       text,
    sha256          bytea check (length(sha256) = 32),
    primary key (organization_id, token),
    check ((content_id is null) = (mime_type is null) and (content_id is null) = (sha256 is null))
);
create index media_upload_started on media_upload (started_at);
create index media_upload_content on media_upload (organization_id, content_id) where content_id is not null;
create index media_upload_token on media_upload (token) where content_id is not null;
create trigger count_added after insert on media_upload
    referencing new table as added for each statement execute function count_storage();
create trigger count_gone after delete on media_upload
    referencing old table as gone for each statement execute function count_storage();
create trigger count_changed after update on media_upload
    referencing old table as gone new table as added for each statement execute function count_storage();

-- All files with a public URL.
create view media_file as
select organization_id, content_id, token, mime_type, size_bytes, sha256
  from content_asset
 union all
select t.organization_id, a.content_id, t.token, 'image/jpeg', t.size_bytes, t.sha256
  from asset_thumbnail t
  join content_asset a on a.organization_id = t.organization_id and a.id = t.asset_id
 union all
select organization_id, content_id, token, mime_type, size_bytes, sha256
  from media_upload
 where content_id is not null;

-- Progress of the search for videos uploaded before posters existed, by the key of content_asset. One row at most.
create table poster_search (
    one             boolean primary key default true check (one),
    past_owner      uuid not null,
    past_asset      uuid not null
);

-- The brief of each revision, frozen at its request, and the provenance of its texts, once it is made.
create table content_generation (
    organization_id uuid not null,
    content_id      uuid not null,
    revision        integer not null check (revision > 0),
    -- The latest job that makes the revision: a retry is another job.
    job_id          uuid not null,
    brief           jsonb not null,
    provenance      jsonb,
    created_at      timestamptz not null default now(),
    primary key (organization_id, content_id, revision),
    foreign key (organization_id, content_id) references content_item (organization_id, id) on delete cascade
);
create index content_generation_job on content_generation (organization_id, job_id);
create trigger tell_generated after update of provenance on content_generation
    for each row when (new.provenance is not null and old.provenance is null)
    execute function tell_webhooks('content.generated');

-- Each decision with the revision that the reviewer saw. An edit needs a new decision.
create table approval_decision (
    organization_id uuid not null,
    content_id      uuid not null,
    id              uuid not null,
    decision        text not null check (decision in ('approved', 'rejected')),
    revision        integer not null,
    note            text,
    api_key_id      uuid,
    created_at      timestamptz not null default now(),
    primary key (organization_id, id),
    unique (organization_id, content_id, revision),
    foreign key (organization_id, content_id) references content_item (organization_id, id)
);
