-- revision 1
-- Note the kind of a due job in its line. The row stays locked until the commit, so that no pull deletes it before. The loop ends
-- with a lock: between its two statements another transaction may add the row, and a pull may delete it again.
create or replace function note_queued_kind() returns trigger
language plpgsql
as $$
begin
    loop
        perform from queued_kind k
          where k.pool = new.pool and k.organization_id = new.organization_id and k.internal = new.internal and k.kind = new.kind
            for key share;
        exit when found;
        insert into queued_kind (pool, organization_id, internal, kind)
        values (new.pool, new.organization_id, new.internal, new.kind)
            on conflict do nothing;
        exit when found;
    end loop;
    return null;
end $$;
