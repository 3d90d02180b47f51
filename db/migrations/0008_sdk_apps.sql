-- SDK apps: the senders of a project's events, each with its own key, and the destinations of their conversions.

create table sdk_app (
    organization_id  uuid not null,
    project_id       uuid not null,
    id               uuid not null unique,
    -- The app's number in the event store. A deleted app keeps its row, so no other app gets its number.
    app_no           smallint not null check (app_no > 0),
    name             text not null check (length(name) between 1 and 128),
    platform         text not null check (platform in ('ios', 'android', 'web', 'react-native', 'flutter', 'expo',
                                                       'nextjs', 'vite', 'react-router')),
    bundle_id        text,
    android_package  text,
    web_domain       text,
    -- Of lpa_<app id>_<secret>; a deleted app has none.
    secret_hash      bytea,
    pepper_id        text,
    -- The secret before the last rotation, valid until overlap_until.
    old_secret_hash  bytea,
    old_pepper_id    text,
    overlap_until    timestamptz,
    last_event_at    timestamptz,
    last_rotated_at  timestamptz,
    created_at       timestamptz not null default now(),
    deleted_at       timestamptz,
    primary key (organization_id, id),
    unique (organization_id, project_id, app_no),
    foreign key (organization_id, project_id) references project (organization_id, id),
    check (num_nonnulls(bundle_id, android_package, web_domain) > 0),
    check ((secret_hash is null) = (deleted_at is not null))
);
create index sdk_app_of_project on sdk_app (organization_id, project_id, id desc) where deleted_at is null;
-- One app for each platform and identifier. Bundle ids are case-insensitive (Apple's glossary).
create unique index sdk_app_bundle_id on sdk_app (organization_id, project_id, platform, lower(bundle_id))
    where deleted_at is null;
create unique index sdk_app_android_package on sdk_app (organization_id, project_id, platform, android_package)
    where deleted_at is null;
create unique index sdk_app_web_domain on sdk_app (organization_id, project_id, platform, web_domain)
    where deleted_at is null;

-- An app's pixel at Meta or TikTok, with the token to send conversions to it.
create table conversion_destination (
    organization_id uuid not null,
    app_id          uuid not null,
    destination     text not null check (destination in ('meta', 'tiktok')),
    enabled         boolean not null default false,
    pixel_id        text check (length(pixel_id) between 1 and 64),
    sealed          bytea,
    vault_key_id    text,
    test_event_code text check (length(test_event_code) between 1 and 64),
    -- Map from names of events to the destination's names; null: the default map.
    event_map       jsonb,
    last_forward_at timestamptz,
    last_error      text,
    -- Backoff after failures: no sooner again, and the number of failures in a row.
    retry_at        timestamptz,
    failures        smallint not null default 0,
    primary key (organization_id, app_id, destination),
    foreign key (organization_id, app_id) references sdk_app (organization_id, id) on delete cascade,
    check ((sealed is null) = (vault_key_id is null)),
    check (not enabled or (pixel_id is not null and sealed is not null))
);
