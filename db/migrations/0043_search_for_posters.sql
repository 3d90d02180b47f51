-- How far the search for videos that were uploaded before posters were made has come, by the keys of content_asset. A row at most.
create table poster_search (
    one             boolean primary key default true check (one),
    past_owner      uuid not null,
    past_asset      uuid not null
);
