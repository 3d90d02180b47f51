-- What an old ledger needs: lists that find few rows among many ended ones, and lines that are measured by their end.

-- A partner's list of what is open, of what went wrong, and of what ended of one kind. Most jobs complete: they cost one
-- entry at their end. A list of completed ones needs none, since few rows lie between.
create index job_open         on job (organization_id, id desc) where finished_at is null;
create index job_unsuccessful on job (organization_id, state, id desc) where state in ('failed', 'canceled');
create index job_kind         on job (organization_id, kind, id desc) where finished_at is not null;

create or replace view partner_job as
select organization_id, project_id, id, kind,
       case when finished_at is null then 'running' else state end as status, stage, state_version as version, progress,
       attempt, max_attempts, cancel_requested_at is not null as cancel_requested, retry_of,
       created_at, finished_at, result, error, state
  from job where not internal;

-- How long the line was with this job, on some jobs only, and for as long as they keep their place: until they are pulled.
alter table job add column line_length integer;
create index job_measured on job (pool, organization_id, run_at, id)
    where line_length is not null and fence = 0 and state = 'queued' and stage <> 'scheduled' and not internal;

-- Whether `joining` more jobs of a tenant may wait in a pool, and the length for the first of them to keep, every 64th time.
-- The line is measured from the last job that kept one: what was pulled since is counted too, so that the line may be
-- shorter, never longer. Only where there would be no room by that it is counted from its beginning.
create function measure_line(org uuid, pool_name text, joining bigint, out has_room boolean, out line_length integer)
language plpgsql stable
as $$
declare
    most integer;
    mark record;
    waiting bigint;
begin
    select c.max_queued into most
      from organization o join pool_cap c on c.tier = o.tier and c.pool = pool_name
     where o.id = org;
    if not found then
        has_room := true;
        return;
    end if;
    select j.run_at, j.id, j.line_length as length into mark
      from job j
     where j.pool = pool_name and j.organization_id = org and not j.internal
       and j.state = 'queued' and j.stage <> 'scheduled' and j.line_length is not null and j.fence = 0
     order by j.run_at desc, j.id desc limit 1;
    if found then
        select count(*) into waiting
          from (select from job j
                 where j.pool = pool_name and j.organization_id = org and not j.internal
                   and j.state = 'queued' and j.stage <> 'scheduled'
                   and (j.run_at, j.id) > (mark.run_at, mark.id)
                 limit most) behind;
        line_length := case when waiting >= 64 then mark.length + waiting + 1 end;
        waiting := mark.length + waiting;
        has_room := waiting + joining <= most;
        if has_room then
            return;
        end if;
    end if;
    select count(*) into waiting
      from (select from job j
             where j.pool = pool_name and j.organization_id = org and not j.internal
               and j.state = 'queued' and j.stage <> 'scheduled'
             limit most) line;
    line_length := case when waiting >= 64 then waiting + 1 end;
    has_room := waiting + joining <= most;
end $$;
