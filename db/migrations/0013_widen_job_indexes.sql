-- Lists with a filter skip other jobs within the index: without their rows, a long list costs a tenth. The columns behind `id`
-- don't change the order. `collate "C"` gives ranges of kinds the same bounds in every database. Null projects get a value, so
-- that an optional filter is a range, and no list of open jobs can use `job_project`.
drop index job_open;
create index job_open on job
    (organization_id, id, coalesce(project_id, '00000000-0000-0000-0000-000000000000'), kind collate "C")
    where finished_at is null;

drop index job_put_off;
create index job_put_off on job
    (organization_id, (started_at is null), id, coalesce(project_id, '00000000-0000-0000-0000-000000000000'), kind collate "C")
    where stage = 'scheduled' and not internal;

drop index job_kind;
create index job_kind on job
    (organization_id, kind, id, coalesce(project_id, '00000000-0000-0000-0000-000000000000'))
    where finished_at is not null;
