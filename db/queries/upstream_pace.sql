-- A token bucket for each upstream: `free_at` is the time when it is full again, `held_until` the end of its
-- cooldown, and `held_s` the cooldown's length. After a wait for a lock only clock_timestamp() is current:
-- now() is as old as the transaction.

-- name: take_token
-- Take a token; return the seconds to wait for it. No row: more than the caller's patience.
insert into upstream_pace as bucket (upstream, free_at)
values (:upstream, clock_timestamp() + make_interval(secs => :every_s))
on conflict (upstream) do update
   set free_at = greatest(bucket.free_at, clock_timestamp()) + make_interval(secs => :every_s)
 where bucket.free_at <= clock_timestamp() + make_interval(secs => :ahead_s)
returning greatest(0, extract(epoch from free_at - clock_timestamp())::float8 - :every_s - :burst_s);

-- name: get_wait    Return the seconds until a refused caller could have a token.
select greatest(0, extract(epoch from free_at - clock_timestamp())::float8 - :ahead_s)
  from upstream_pace
 where upstream = :upstream;

-- name: get_cooldown    Return the remaining seconds of a cooldown.
select greatest(0, extract(epoch from held_until - clock_timestamp())::float8)
  from upstream_pace
 where upstream = :upstream;

-- name: cool_down    Start a cooldown; return its seconds. The row exists, since a token was taken before.
with bucket as materialized (
  -- The upstream's row, locked, and the time after the lock.
  select *, clock_timestamp() as at
    from upstream_pace
   where upstream = :upstream
     for update
), cooldown as (
  -- A running cooldown stays; one soon after another is twice as long.
  select bucket.*, held_until > at as is_running,
         greatest(:wish_s, case
           when held_until > at then extract(epoch from held_until - at)::float8
           when held_until + make_interval(secs => held_s) > at then least(2 * held_s, :longest_s)
           else :cooldown_s end) as length_s
    from bucket
)
update upstream_pace p
   set held_until = c.at + make_interval(secs => c.length_s),
       held_s = case when c.is_running then c.held_s else c.length_s end,
       free_at = greatest(p.free_at, c.at + make_interval(secs => c.length_s + :burst_s))
  from cooldown c
 where p.upstream = c.upstream
returning c.length_s;
