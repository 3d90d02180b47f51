-- name: rotate    1 where the open generation was so old, and the next one is open
select rotate_event_generation(:age);

-- name: drop_leaf    1 where there was one behind so many closed ones
select drop_event_leaf(:closed);

-- name: purge_ids    the last ones of a project in one leaf, a batch
with leaf as (
  -- Any that has some.
  select generation
    from event_seen
   where project_id = :project_id
   limit 1),
first as (
  -- The first of the batch, by the index; none where it is the leaf's last batch.
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
         coalesce((select app_no from first), (-32768)::smallint),
         coalesce((select event_key from first), '00000000-0000-0000-0000-000000000000'));
