-- name: open_generation    the leaf for new ids, until the transaction ends
select open_event_generation();

-- name: keep_ids    sorted ones, none of them twice; of those that were new, or none of them if all were
with kept as (
  -- Those that no leaf has. The closed leaves are asked one by one: for `any` each would be searched thrice.
  insert into event_seen (generation, project_id, app_no, event_key)
  select :generation, s.project_id, s.app_no, s.event_key
    from unnest(:project_ids::uuid[], :app_nos::smallint[], :event_keys::uuid[])
      as s (project_id, app_no, event_key)
   where (select 1
            from event_seen o
           where o.generation = :generation::int - 1
             and o.project_id = s.project_id
             and o.app_no = s.app_no
             and o.event_key = s.event_key
           limit 1) is null
     and (select 1
            from event_seen o
           where o.generation = :generation - 2
             and o.project_id = s.project_id
             and o.app_no = s.app_no
             and o.event_key = s.event_key
           limit 1) is null
      on conflict do nothing
  returning project_id, app_no, event_key),
counted as (
  -- Three arrays cost less than as many rows, and are sent only where they say something.
  select count(*) = cardinality(:event_keys) as all_new,
         array_agg(project_id) as project_ids,
         array_agg(app_no) as app_nos,
         array_agg(event_key) as event_keys
    from kept)
select all_new,
       case when not all_new then project_ids end as project_ids,
       case when not all_new then app_nos end as app_nos,
       case when not all_new then event_keys end as event_keys
  from counted;

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
