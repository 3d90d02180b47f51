-- name: insert_refused    Insert rejected events of a project, the newest last.
insert into event_quarantine (project_id, id, app_no, code, name, event_id, text)
select :project_id, *
  from unnest(:ids::uuid[], :app_nos::smallint[], :codes::text[], :names::text[], :event_ids::text[],
              :texts::text[]);

-- name: trim    Delete all of a project's rejected events but the newest.
delete from event_quarantine
 where project_id = :project_id
   and id <= (
         select id
           from event_quarantine
          where project_id = :project_id
          order by id desc
         offset :most
          limit 1);

-- name: list_refused    Return a project's rejected events, newest first.
select id, app_no, code, name, event_id, text, received_at
  from event_quarantine
 where project_id = :project_id
   and app_no <= :last_app
   and (:app_no::smallint is null or app_no = :app_no)
   and (:codes::text[] is null or code = any(:codes))
   and (:before::uuid is null or id < :before)
 order by id desc
 limit :limit;

-- name: count_refused    Count an app's rejected events of the last seconds, by code.
select code, count(*) as n
  from event_quarantine
 where project_id = :project_id
   and app_no = :app_no
   and received_at >= now() - :seconds::float * interval '1 second'
 group by code
 order by n desc, code;

-- name: delete_old    Delete a batch of expired rows of all projects; return their number.
with expired_rows as (
  delete from event_quarantine
   where ctid = any (array(
           select ctid
             from event_quarantine
            where received_at < now() - :age::interval
            order by received_at
            limit :limit))
  returning 1)
select count(*)::int
  from expired_rows;

-- name: purge_refused    Delete a project's rejected events, which are few.
delete from event_quarantine
 where project_id = :project_id;
