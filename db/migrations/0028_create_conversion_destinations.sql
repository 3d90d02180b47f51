-- Where an SDK app's conversions go: its pixel at Meta or TikTok, with the token that sends to it.

create table conversion_destination (
    organization_id uuid not null,
    app_id          uuid not null,
    destination     text not null check (destination in ('meta', 'tiktok')),
    enabled         boolean not null default false,
    pixel_id        text check (length(pixel_id) between 1 and 64),
    sealed          bytea,
    vault_key_id    text,
    test_event_code text check (length(test_event_code) between 1 and 64),
    -- From names of events to the destination's; null: the usual ones.
    event_map       jsonb,
    last_forward_at timestamptz,
    last_error      text,
    -- After failures nothing is sent before; how many there were, one after the other.
    retry_at        timestamptz,
    failures        smallint not null default 0,
    primary key (organization_id, app_id, destination),
    foreign key (organization_id, app_id) references sdk_app (organization_id, id) on delete cascade,
    check ((sealed is null) = (vault_key_id is null)),
    check (not enabled or (pixel_id is not null and sealed is not null))
);
