-- Captions of posts' own that await their approval: meanwhile no job, and no status but these. (Every row there is
-- passes, so that nothing is read for it.)
alter table scheduled_post
    add column caption_pending boolean not null default false,
    add constraint scheduled_post_caption check (not caption_pending or status in ('blocked', 'canceled')) not valid;
