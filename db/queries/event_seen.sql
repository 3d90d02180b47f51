-- name: rotate    Open the next generation if the open one is that old; return 1 if it was.
select rotate_event_generation(:age);

-- name: drop_leaf    Drop the oldest partition after so many closed ones; return 1 if there was one.
select drop_event_leaf(:closed);

-- name: purge_ids    Delete the last ids of a project in one partition, a batch.
with leaf as (
  -- Any partition with an id of the project.
  select generation
    from event_seen
   where project_id = :project_id
   limit 1),
batch_start as (
  -- First row of the batch by the index; none for the partition's last batch.
  select app_no, event_key
    from event_seen
   where generation = (select generation from leaf)
     and project_id = :project_id
   order by app_no desc, event_key desc
  offset :limit - 1
   limit 1)
delete from event_seen
 where generation = (select generation from leaf)
   and project_id = :project_id
   and (app_no, event_key) >= (
         coalesce((select app_no from batch_start), (-32768)::smallint),
         coalesce((select event_key from batch_start), '00000000-0000-0000-0000-000000000000'));
