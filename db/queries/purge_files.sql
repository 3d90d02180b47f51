-- Rows with files of a project under purge: the files are deleted before the rows, a batch at a time.

-- name: list_files    Return a batch of contents with their files' tokens.
select c.id, array(
         select f.token
           from media_file f
          where f.organization_id = c.organization_id
            and f.content_id = c.id) as tokens
  from content_item c
 where c.organization_id = :org
   and c.project_id = :project_id
 order by c.id
 limit :limit;

-- name: purge_contents    Delete contents after their files.
with assets as (
  delete from content_asset
   where organization_id = :org
     and content_id = any(:ids)),
replaced as (
  -- Replaced files of the contents.
  delete from media_upload
   where organization_id = :org
     and content_id = any(:ids)),
decisions as (
  delete from approval_decision
   where organization_id = :org
     and content_id = any(:ids))
delete from content_item
 where organization_id = :org
   and id = any(:ids);

-- name: list_portraits    Return a batch of influencers with their portraits' tokens, deleted ones included.
select i.id, array(
         select p.token
           from influencer_portrait p
          where p.organization_id = i.organization_id
            and p.influencer_id = i.id) as tokens
  from influencer i
 where i.organization_id = :org
   and i.project_id = :project_id
 order by i.id
 limit :limit;

-- name: purge_influencers    Delete influencers after their files.
with portraits as (
  delete from influencer_portrait
   where organization_id = :org
     and influencer_id = any(:ids))
delete from influencer
 where organization_id = :org
   and id = any(:ids);

-- name: list_app_files    Return a batch of app media with their files' tokens.
select id, case when token is null then '{}'::text[] else array[token] end as tokens
  from app_media
 where organization_id = :org
   and project_id = :project_id
 order by id
 limit :limit;

-- name: purge_app_media    Delete app media after their files.
delete from app_media
 where organization_id = :org
   and id = any(:ids);
