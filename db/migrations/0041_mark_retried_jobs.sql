-- The newest job that repeats this one: a retry of many leaves out what has one. It is written on a job that has ended, so that
-- no job pays for an index of it.
alter table job add column retried_as uuid;
