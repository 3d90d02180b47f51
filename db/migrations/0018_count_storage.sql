-- An old release's open transaction ends first: what it adds after the sum below was read would not be counted, and its delete
-- would take more from the sum than is there, which fails.
lock table media_upload in access exclusive mode;
lock table content_asset in share row exclusive mode;

-- Bytes of media that each live organization keeps, its sandbox's included: files of content, and what uploads under way
-- may come to. Triggers count, so that it is exact whoever inserts or deletes, and under any concurrency: the row is locked
-- from a change to its commit, after every other row.
create table storage_use (
    organization_id uuid primary key references organization (id),
    bytes           bigint not null check (bytes >= 0)
);

-- What is reserved for a file from before its first byte until its size is known, then its size.
alter table media_upload add column size_bytes bigint not null default 0 check (size_bytes >= 0);

insert into storage_use (organization_id, bytes)
select coalesce(o.live_organization_id, o.id), sum(a.size_bytes)
  from content_asset a
  join organization o on o.id = a.organization_id
 group by 1;

create function count_storage() returns trigger
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

create trigger count_added after insert on content_asset
    referencing new table as added for each statement execute function count_storage();
create trigger count_gone after delete on content_asset
    referencing old table as gone for each statement execute function count_storage();
create trigger count_added after insert on media_upload
    referencing new table as added for each statement execute function count_storage();
create trigger count_gone after delete on media_upload
    referencing old table as gone for each statement execute function count_storage();
create trigger count_changed after update on media_upload
    referencing old table as gone new table as added for each statement execute function count_storage();
