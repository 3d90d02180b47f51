-- name: insert_events    Insert the same event for each of these posts.
insert into post_event (organization_id, post_id, id, type, details)
select :org, t.post_id, t.id, :type, :details
  from unnest(:post_ids::uuid[], :ids::uuid[]) as t (post_id, id);
