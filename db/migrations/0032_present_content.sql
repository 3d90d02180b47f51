-- Content names influencers of its own project alone. Rows of before have none, so that none of them has to be looked at.
alter table content_item
    add foreign key (organization_id, project_id, influencer_id)
        references influencer (organization_id, project_id, id) not valid;
