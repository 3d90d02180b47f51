-- One upstream's row, and one for each tenant at it, which is named after both: `itunes 0193...`. Whoever takes a slot locks
-- the upstream's row first. Behind a lock the clock is read: now() would be as old as the transaction.

-- name: lock_upstream    what is left of its rest, in seconds; a row without a slot taken is free
insert into upstream_pace as pace (upstream) values (:upstream)
on conflict (upstream) do update set free_at = pace.free_at
returning greatest(0, extract(epoch from pace.held_until - clock_timestamp())::float8);

-- name: is_modest    a tenant within its share; no row: it never asked
select free_at <= clock_timestamp() + make_interval(secs => :slack_s) from upstream_pace where upstream = :upstream;

-- name: take_slot    how long to wait for the next slot, in seconds; no row: longer than its patience
update upstream_pace set free_at = greatest(free_at, clock_timestamp()) + make_interval(secs => :every_s)
 where upstream = :upstream and free_at <= clock_timestamp() + make_interval(secs => :ahead_s)
returning greatest(0, extract(epoch from free_at - clock_timestamp())::float8 - :every_s - :slack_s);

-- name: get_wait    until a taker that was just refused could have a slot, in seconds
select greatest(0, extract(epoch from free_at - clock_timestamp())::float8 - :ahead_s) from upstream_pace where upstream = :upstream;

-- name: count_slot    of a tenant, whatever its share
insert into upstream_pace as pace (upstream, free_at) values (:upstream, clock_timestamp() + make_interval(secs => :every_s))
on conflict (upstream) do update set free_at = greatest(pace.free_at, clock_timestamp()) + make_interval(secs => :every_s);

-- name: hold_upstream    the rest that begins now, in seconds; a row is there, since a slot was taken before
with pace as materialized (
  select *, clock_timestamp() as at from upstream_pace where upstream = :upstream for update
), rest as (
  select pace.*, held_until > at as going_on, greatest(:wish_s, case
         when held_until > at then extract(epoch from held_until - at)::float8
         when held_until + make_interval(secs => held_s) > at then least(2 * held_s, :longest_s)
         else :rest_s end) as length_s
    from pace)
update upstream_pace p
   set held_until = rest.at + make_interval(secs => rest.length_s),
       held_s = case when rest.going_on then rest.held_s else rest.length_s end,
       free_at = greatest(p.free_at, rest.at + make_interval(secs => rest.length_s + :slack_s))
  from rest where p.upstream = rest.upstream
returning rest.length_s;
