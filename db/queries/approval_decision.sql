-- name: insert_decision    Insert a decision on content.
insert into approval_decision (organization_id, content_id, id, decision, revision, note, api_key_id)
values (:org, :content_id, :id, :decision, :revision, :note, :api_key_id);
