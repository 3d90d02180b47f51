-- part: influencer    Influencer for its owner.
i.id, i.project_id, i.name, i.gender, i.age_range, i.brand_voice, i.language, i.topics, i.status,
       i.error_message, i.version, i.created_at, i.updated_at,
       (select p.token
          from influencer_portrait p
         where p.organization_id = i.organization_id
           and p.influencer_id = i.id) as token

-- name: list_names    Return the names of a project's influencers; the caller locked the project.
select name
  from influencer
 where organization_id = :org
   and project_id = :project_id
   and deleted_at is null;

-- name: find_newcomer
-- Return the language of a project that never had an influencer, deleted ones included.
select p.primary_language
  from project p
 where p.organization_id = :org
   and p.id = :project_id
   and not exists (
         select
           from influencer i
          where i.organization_id = p.organization_id
            and i.project_id = p.id);

-- name: insert_influencer
-- Insert an influencer. No row: another ingest of the project has created its first one.
insert into influencer (organization_id, project_id, id, name, gender, age_range, brand_voice, language,
                        topics, seed, is_first, job_id)
values (:org, :project_id, :id, :name, :gender, :age_range, :brand_voice, :language, :topics,
        :seed, :is_first, :job_id)
    on conflict (organization_id, project_id) where is_first do nothing
returning id;

-- name: find_project    Return the project of an influencer, which never changes.
select project_id
  from influencer
 where organization_id = :org
   and id = :id
   and deleted_at is null;

-- name: get_influencer    Return an influencer.
select {influencer}
  from influencer i
 where i.organization_id = :org
   and i.id = :id
   and i.deleted_at is null;

-- name: list_influencers    Return a project's influencers, newest first.
select {influencer}
  from influencer i
 where i.organization_id = :org
   and i.project_id = :project_id
   and i.deleted_at is null
   and (:before::uuid is null or i.id < :before)
   and (:statuses::text[] is null or i.status = any(:statuses))
 order by i.id desc
 limit :limit;

-- name: get_speaker    Return the speaker of a project's influencer; deleted ones only with `deleted`.
select name, gender, age_range, seed, brand_voice, language, status
  from influencer
 where organization_id = :org
   and id = :id
   and project_id = :project_id
   and (:deleted::boolean or deleted_at is null);

-- name: lock_influencer    Lock an influencer, and return it with the input of a clone.
select project_id, id, name, gender, age_range, brand_voice, language, topics, seed, status, job_id, version
  from influencer
 where organization_id = :org
   and id = :id
   and deleted_at is null
   for no key update;

-- name: update_influencer    Store a changed influencer.
update influencer
   set name = :name, brand_voice = :brand_voice, language = :language,
       version = version + 1, updated_at = now()
 where organization_id = :org
   and id = :id;

-- name: delete_influencer
-- Delete an influencer; its portrait becomes an unclaimed upload, which is pruned a day later.
with portrait as (
  delete from influencer_portrait
   where organization_id = :org
     and influencer_id = :id
returning organization_id, token, size_bytes),
released_upload as (
  insert into media_upload (organization_id, token, size_bytes)
  select organization_id, token, size_bytes
    from portrait)
update influencer
   set deleted_at = now(), version = version + 1, updated_at = now()
 where organization_id = :org
   and id = :id
returning deleted_at;

-- name: restart_influencer    Give an influencer another job.
update influencer
   set status = 'pending', error_message = null, job_id = :job_id, version = version + 1, updated_at = now()
 where organization_id = :org
   and id = :id;

-- name: train_influencer
-- Mark an influencer as training, and return its face; a later attempt changes nothing.
with locked_influencer as materialized (
  select organization_id, id, name, gender, age_range, seed, status
    from influencer
   where organization_id = :org
     and id = :id
     and deleted_at is null
     for no key update),
trained as (
  update influencer i
     set status = 'training', version = i.version + 1, updated_at = now()
    from locked_influencer f
   where i.organization_id = f.organization_id
     and i.id = f.id
     and f.status = 'pending')
select name, gender, age_range, seed
  from locked_influencer;

-- name: ready_influencer    Mark an influencer as ready, with the portrait that its job has stored.
with ready as (
  update influencer
     set status = 'ready', error_message = null, version = version + 1, updated_at = now()
   where organization_id = :org
     and id = :id
     and deleted_at is null
returning organization_id, id)
insert into influencer_portrait (organization_id, influencer_id, mime_type, width, height, size_bytes,
                                 sha256, token)
select organization_id, id, :mime_type, :width, :height, :size_bytes, :sha256, :token
  from ready;

-- name: end_influencers
-- End influencers with their failed or canceled jobs; a newer job protects its influencer.
with ended_influencers as materialized (
  -- The order by prevents deadlocks.
  select i.organization_id, i.id, j.error
    from unnest(:orgs::uuid[], :job_ids::uuid[]) as t (org, job_id)
    join influencer i on i.organization_id = t.org and i.job_id = t.job_id
    join job j on j.organization_id = t.org and j.id = t.job_id
   where i.status in ('pending', 'training')
   order by i.organization_id, i.id
     for no key update of i)
update influencer i
   set status = 'failed', error_message = coalesce(e.error ->> 'message', :canceled),
       version = i.version + 1, updated_at = now()
  from ended_influencers e
 where i.organization_id = e.organization_id
   and i.id = e.id;
