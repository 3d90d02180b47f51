-- name: sum_figures
-- Sum the figures of a project's newest published posts by look, by hook shape and by first picture.
with newest_posts as materialized (
  select id, content_id, content_revision
    from scheduled_post
   where organization_id = :org
     and status = 'published'
     and project_id = :project_id
   order by id desc
   limit :most_posts),
post_figures as materialized (
  select p.id, p.content_id, p.content_revision,
         sum(s.delta) filter (where s.metric = 'views') as views,
         coalesce(sum(s.delta) filter (where s.metric <> 'views'), 0) as engagements
    from newest_posts p
   cross join unnest(:metrics::text[]) as m (metric)
   cross join lateral (
           select metric, delta
             from metric_snapshot
            where organization_id = :org
              and subject_id = p.id
              and metric = m.metric
              and at >= :since
           offset 0) s
   group by p.id, p.content_id, p.content_revision),
made_posts as (
  -- With the generated revision behind the published one: edits of a caption count revisions, too.
  select f.content_id, f.views, greatest(f.engagements, 0) as engagements, g.look, g.hook_shape, g.picture
    from post_figures f
   cross join lateral (
           select look, hook_shape, picture
             from content_generation
            where organization_id = :org
              and content_id = f.content_id
              and provenance is not null
              and revision <= coalesce(f.content_revision, revision)
            order by revision desc
            limit 1) g
   where f.views > 0)
select a.axis, a.value, count(distinct m.content_id) as pieces, count(*) as posts,
       sum(m.views)::bigint as views, sum(m.engagements)::bigint as engagements,
       sum(m.views::float8 * m.views::float8) as views_squared,
       sum(m.views::float8 * m.engagements::float8) as views_by_engagements,
       sum(m.engagements::float8 * m.engagements::float8) as engagements_squared
  from made_posts m
 cross join lateral (
         values ('look', m.look), ('hook', m.hook_shape), ('picture', m.picture::text)) as a (axis, value)
 where a.axis = any(:axes::text[])
   and a.value is not null
 group by a.axis, a.value
 order by posts desc, a.value
 limit :limit;
