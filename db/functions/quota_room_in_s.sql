-- revision 1
-- Return the seconds until an account's quota has room for another send; null: it has room, or there is no quota.
-- The sends of an owner and of all its leases count together. `at` is a send's time, read by the clock, not by the snapshot.
create or replace function quota_room_in_s(owner_id uuid, posts integer, window_s double precision)
returns double precision
language plpgsql volatile
as $$
begin
    return (
        select extract(epoch from s.at + window_s * interval '1 second' - clock_timestamp())
          from account_send s
         where coalesce(s.owner_account_id, s.account_id) = owner_id
           and s.at > clock_timestamp() - window_s * interval '1 second'
         order by s.at desc
        offset posts - 1
         limit 1);
end $$;
