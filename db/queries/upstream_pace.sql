-- name: take_slot    no row: the next slot is more than its patience away; the wait for it otherwise, in seconds
-- The row's lock makes takers go one after the other, so the clock is read behind it: now() would be older.
insert into upstream_pace as pace (upstream, free_at) values (:upstream, clock_timestamp() + make_interval(secs => :every_s))
on conflict (upstream) do update
   set free_at = greatest(pace.free_at, clock_timestamp()) + make_interval(secs => :every_s)
 where pace.free_at <= clock_timestamp() + make_interval(secs => :ahead_s)
returning greatest(0, extract(epoch from pace.free_at - clock_timestamp())::float8 - :every_s - :slack_s);

-- name: get_wait    until a taker that was just refused could have a slot; that statement holds the row
select greatest(0, extract(epoch from free_at - clock_timestamp())::float8 - :ahead_s) from upstream_pace where upstream = :upstream;

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
