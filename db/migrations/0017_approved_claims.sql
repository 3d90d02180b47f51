-- Sentences that a partner lets content say word for word until a time, such as a price, a rating or an award.
create table approved_claim (
    organization_id uuid not null,
    project_id      uuid not null,
    id              uuid not null,
    text            text not null check (length(text) between 1 and 110),
    -- A URL, or free text.
    source          text not null check (length(source) between 1 and 500),
    approved_by     text not null check (length(approved_by) between 1 and 128),
    valid_until     timestamptz not null,
    created_at      timestamptz not null default now(),
    primary key (organization_id, id),
    foreign key (organization_id, project_id) references project (organization_id, id)
);
create index approved_claim_project on approved_claim (organization_id, project_id, id);

-- The claims that the item's current revision says or its files show. No foreign key: a deleted claim keeps the item from
-- being posted.
alter table content_item add column approved_claim_ids uuid[] not null default '{}';
create index content_item_claims on content_item using gin (organization_id, approved_claim_ids)
    where approved_claim_ids <> '{}';
