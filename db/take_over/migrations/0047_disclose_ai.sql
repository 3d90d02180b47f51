-- Disclosure of AI-made content to the platforms: how an item was made, what its partner declares, and the label a post was sent with.

alter table content_item
    -- Null: uploaded, not made yet, or made by a release that did not note it.
    add column made_by text check (made_by in ('renderer', 'voice', 'model', 'presenter', 'clip')),
    -- The partner says that AI made it, or that its clip is AI-made.
    add column ai_declared boolean not null default false;

alter table scheduled_post
    -- Null: not sent yet, or sent by a release that set no labels.
    add column ai_label text check (ai_label in ('labelled', 'not_needed', 'not_supported'));
