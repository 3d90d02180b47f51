-- Usage of an organization with its limits.

-- name: list_pools
-- Return the running and due jobs of the organization in these pools, without internal ones.
select p.name, running.jobs as running, c.max_running, queued.jobs as queued, c.max_queued
  from pool p
  join organization o on o.id = :org
  left join pool_cap c on c.tier = coalesce(o.resumes_as, o.tier) and c.pool = p.name
 cross join lateral (
         select count(*)::int as jobs
           from job
          where pool = p.name
            and organization_id = :org
            and not internal
            and state = 'running') running
 cross join lateral (
         select count(*)::int as jobs
           from (
                  select
                    from job
                   where pool = p.name
                     and organization_id = :org
                     and not internal
                     and state = 'queued'
                     and stage <> 'scheduled'
                     and run_at <= now()
                   limit coalesce(c.max_queued, :most)) line) queued
 where p.name = any(:names::text[])
 order by p.name;

-- name: count_projects    Count the projects of each status, up to `most`.
select active.projects as active, archived.projects as archived
  from (
         select count(*)::int as projects
           from (
                  select
                    from project
                   where organization_id = :org
                     and status = 'active'
                   limit :most) counted) active
 cross join (
         select count(*)::int as projects
           from (
                  select
                    from project
                   where organization_id = :org
                     and status = 'archived'
                   limit :most) counted) archived;
