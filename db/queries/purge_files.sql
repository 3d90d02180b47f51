-- What a purged project has files of: the files go before the rows, a batch at a time.

-- name: list_files    of a batch of contents, whose files go before their rows
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

-- name: purge_contents    whose files are gone
with assets as (
  -- Their files' rows.
  delete from content_asset
   where organization_id = :org
     and content_id = any(:ids)),
replaced as (
  -- Files that others took the place of.
  delete from media_upload
   where organization_id = :org
     and content_id = any(:ids)),
decisions as (
  -- What reviewers said.
  delete from approval_decision
   where organization_id = :org
     and content_id = any(:ids))
delete from content_item
 where organization_id = :org
   and id = any(:ids);

-- name: list_portraits    of a batch of influencers, deleted ones too
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

-- name: purge_influencers    whose files are gone
with portraits as (
  -- Their files' rows.
  delete from influencer_portrait
   where organization_id = :org
     and influencer_id = any(:ids))
delete from influencer
 where organization_id = :org
   and id = any(:ids);

-- name: list_app_files    of a batch of app media
select id, case when token is null then '{}'::text[] else array[token] end as tokens
  from app_media
 where organization_id = :org
   and project_id = :project_id
 order by id
 limit :limit;

-- name: purge_app_media    whose files are gone
delete from app_media
 where organization_id = :org
   and id = any(:ids);
