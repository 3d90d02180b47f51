-- Collection of metrics: when an account comes up, which of its posts were asked about, and what was kept.

alter table social_account
    -- When the account comes up to be asked; null: never again.
    add column collect_at timestamptz default now();
create index social_account_collect on social_account (collect_at) where collect_at is not null;

-- How the last visits of an account went. It has no row before the first.
create table account_collection (
    organization_id uuid not null,
    account_id      uuid not null,
    -- When all that was due of it had been asked for.
    asked_at        timestamptz,
    -- Visits in a row that failed, and the code of the last one.
    failures        integer not null default 0,
    error           text,
    primary key (organization_id, account_id),
    foreign key (organization_id, account_id) references social_account (organization_id, id)
);

-- A post that was asked about, and when it is again; null: never.
create table post_collection (
    organization_id uuid not null,
    post_id         uuid not null,
    account_id      uuid not null,
    asked_at        timestamptz not null,
    due_at          timestamptz,
    primary key (organization_id, post_id),
    foreign key (organization_id, post_id) references scheduled_post (organization_id, id)
);
create index post_collection_due on post_collection (organization_id, account_id, due_at) where due_at is not null;

-- A metric's value at a time, of a post or of an account itself, as its platform told it; one that is as before makes no row.
create table metric_snapshot (
    organization_id uuid not null,
    account_id      uuid not null,
    subject_id      uuid not null,
    metric          text not null check (metric in ('views', 'reach', 'impressions', 'likes', 'comments', 'shares', 'saves',
                                                    'watch_time_ms', 'followers')),
    at              timestamptz not null,
    value           bigint not null,
    -- Since the one before, or since the post was published; null: nobody knows since when.
    delta           bigint,
    primary key (organization_id, subject_id, metric, at),
    foreign key (organization_id, account_id) references social_account (organization_id, id)
);
create index metric_snapshot_account on metric_snapshot (organization_id, account_id, metric, at) include (subject_id, delta, value);

create index scheduled_post_published on scheduled_post (organization_id, social_account_id, published_at)
    where published_at is not null;

-- Its jobs have a pool of their own, so that no figure takes a post's slot.
insert into pool (name) values ('metrics') on conflict do nothing;
-- As for posts: what one tenant may run at once, and so a share for each.
insert into pool_cap (tier, pool, max_running, max_queued)
select tier, 'metrics', max_running, max_queued
  from pool_cap
 where pool = 'publish'
    on conflict do nothing;
