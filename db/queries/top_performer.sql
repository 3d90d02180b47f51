-- part: made
-- The generated revision behind a post, or the last one of a content by itself.
left join lateral (
         select look, hook_shape, hook_intent, picture
           from content_generation
          where organization_id = :org
            and {condition}
            and provenance is not null
          order by revision desc
          limit 1) g on true

-- name: rank_sources
-- Rank posts of a project, or contents by platform, by their figures in the window. A rate needs
-- `least_views`. `creative_type` null: posts, each by itself.
with post_figures as materialized (
  select s.subject_id as post_id,
         sum(s.delta) filter (where s.metric = 'views') as views,
         sum(s.delta) filter (where s.metric = 'watch_time_ms') as watch_time_ms,
         sum(s.delta) filter (where s.metric in ('likes', 'comments', 'shares', 'saves')) as engagements
    from social_account a
   cross join unnest(:metrics::text[]) as m (metric)
   cross join lateral (
           select subject_id, metric, delta
             from metric_snapshot
            where organization_id = :org
              and account_id = a.id
              and metric = m.metric
              and at >= :since) s
   where a.organization_id = :org
     and a.project_id = :project_id
     and coalesce(a.platform = any(:platforms::text[]), true)
   group by s.subject_id),
source_figures as (
  -- By post, or by content and platform.
  select case when :creative_type::text is null then p.id else p.content_id end as source_id, p.platform,
         sum(t.views) as views, sum(t.watch_time_ms) as watch_time_ms, sum(t.engagements) as engagements
    from post_figures t
    join scheduled_post p on p.organization_id = :org and p.id = t.post_id
    join content_item i on i.organization_id = p.organization_id and i.id = p.content_id
   where coalesce(i.creative_type = :creative_type, true)
   group by 1, 2),
source_values as (
  select source_id, platform,
         case :metric::text
              when 'views' then views
              when 'watch_time_ms' then watch_time_ms
              when 'engagement_rate' then case when views >= :least_views then engagements / views end
         end as value
    from source_figures),
ranked_sources as (
  select source_id, platform, value
    from source_values
   where value is not null
   order by value desc, source_id, platform
   limit :limit)
select r.source_id, r.platform, r.value, g.look, g.hook_shape, g.hook_intent, g.picture
  from ranked_sources r
  left join scheduled_post p on p.organization_id = :org and p.id = r.source_id
                            and :creative_type::text is null
  {made: content_id = coalesce(p.content_id, r.source_id)
            and revision <= coalesce(p.content_revision, revision)}
 order by r.value desc, r.source_id, r.platform;

-- name: list_advertised    Return posts and contents of a project by their ids; contents have no platform.
select p.id as source_id, p.content_id, p.platform, i.creative_type, g.look, g.hook_shape, g.hook_intent,
       g.picture
  from unnest(:post_ids::uuid[]) as named (id)
 cross join lateral (
         -- One after the other, each by its key.
         select id, project_id, content_id, content_revision, platform
           from scheduled_post
          where organization_id = :org
            and id = named.id
         offset 0) p
 cross join lateral (
         select creative_type
           from content_item
          where organization_id = :org
            and id = p.content_id
         offset 0) i
  {made: content_id = p.content_id and revision <= coalesce(p.content_revision, revision)}
 where p.project_id = :project_id
 union all
select i.id, i.id, null, i.creative_type, g.look, g.hook_shape, g.hook_intent, g.picture
  from unnest(:content_ids::uuid[]) as named (id)
 cross join lateral (
         select id, project_id, creative_type
           from content_item
          where organization_id = :org
            and id = named.id
         offset 0) i
  {made: content_id = i.id}
 where i.project_id = :project_id;
