-- revision 1
-- Trigger: add the change of a table with files to `storage_use`.
create or replace function count_storage() returns trigger
language plpgsql as $$
declare
    sums text := case tg_op
        when 'INSERT' then 'select organization_id, size_bytes from added'
        when 'DELETE' then 'select organization_id, -size_bytes from gone'
        else 'select organization_id, size_bytes from added union all select organization_id, -size_bytes from gone'
    end;
    counted record;
begin
    for counted in execute
        'select coalesce(o.live_organization_id, o.id) as live, sum(s.size_bytes) as bytes
           from (' || sums || ') as s (organization_id, size_bytes)
           join organization o on o.id = s.organization_id
          group by 1
         having sum(s.size_bytes) <> 0
          order by 1'
    loop
        update storage_use set bytes = bytes + counted.bytes where organization_id = counted.live;
        if not found then
            insert into storage_use (organization_id, bytes)
            values (counted.live, counted.bytes)
                on conflict (organization_id) do update
               set bytes = storage_use.bytes + excluded.bytes;
        end if;
    end loop;
    return null;
end
$$;
