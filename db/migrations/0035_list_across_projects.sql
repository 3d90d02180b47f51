-- Lists over all projects of an organization, in the order of ids: those by a status that few may have.
create index scheduled_post_of_all on scheduled_post (organization_id, status, id)
    where status not in ('queued', 'published');
create index content_item_of_all on content_item (organization_id, status, id);
create index content_item_to_decide on content_item (organization_id, approval_status, id);
create index social_account_of_all on social_account (organization_id, status, id);
