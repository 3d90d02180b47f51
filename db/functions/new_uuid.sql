-- revision 1
-- Return a UUIDv7 as schemas/ids.py makes them: milliseconds, 12 bits of the fraction, random bits.
create or replace function new_uuid() returns uuid
language sql volatile parallel safe as $$
    select encode(int8send((micros / 1000) << 16 | 28672 | ((micros % 1000) << 12) / 1000)
                  || substring(uuid_send(gen_random_uuid()) from 9), 'hex')::uuid
      from (select (extract(epoch from clock_timestamp()) * 1000000)::bigint as micros) t
$$;
