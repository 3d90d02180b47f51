-- A view, a table and a column get the names that documents and code use.
alter view partner_job rename to job_view;
alter table upstream_pace rename to upstream_rate_limit;
alter index upstream_pace_pkey rename to upstream_rate_limit_pkey;
alter table social_account rename column turn_post_id to head_post_id;
