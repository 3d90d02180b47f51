-- revision 1
-- Return whether `joining` more jobs of a tenant may wait in a pool, and for every 64th job the line length to store on it.
-- The length is counted from the last job with a stored one. Jobs pulled since then are still counted, so the line may be
-- shorter, never longer. Only if that leaves no room, the line is counted from its start.
create or replace function measure_line(org uuid, pool_name text, joining bigint, out has_room boolean, out line_length integer)
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
