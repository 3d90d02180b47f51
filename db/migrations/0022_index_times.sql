-- A project's posts by their time: a list of a period reads few of them, however many there are before and after it.
create index scheduled_post_time on scheduled_post (organization_id, project_id, scheduled_for);
