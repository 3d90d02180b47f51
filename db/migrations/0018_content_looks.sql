-- Look, hook and first picture of a revision, as planned at its request and then as made. Null: of an older release, or none.
alter table content_generation
    add column look        text check (length(look) between 1 and 100),
    add column hook_shape  text check (length(hook_shape) between 1 and 100),
    add column hook_intent text check (hook_intent in ('problem', 'benefit', 'proof', 'place', 'offer', 'invitation')),
    -- App media or a content asset, which may be deleted by now.
    add column picture     uuid;
