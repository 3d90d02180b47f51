-- What an ad came to on a day of its account's calendar, attributed by a window. The ids are the platform's. One index: with two that
-- begin alike, a plan that was made on an empty table would stay with the wrong one.
create table ad_day (
    project_id         uuid not null,
    attribution_window text not null,
    day                date not null,
    platform           text not null,
    ad_account_id      text not null,
    ad_id              text not null,
    campaign_id        text not null,
    adset_id           text not null,
    currency           text not null,
    spend_micros       bigint not null,
    impressions        bigint not null,
    clicks             bigint not null,
    conversions        bigint not null,
    revenue_micros     bigint not null,
    reach              bigint,
    imported_at        timestamptz not null default now(),
    primary key (project_id, attribution_window, day, platform, ad_account_id, ad_id)
);
