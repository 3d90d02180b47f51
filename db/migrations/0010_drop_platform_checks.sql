-- The code alone lists the platforms (`platforms/__init__.py`), so that a new one needs no migration.
alter table platform_app   drop constraint platform_app_platform_check;
alter table social_account drop constraint social_account_platform_check;
alter table lease_request  drop constraint lease_request_platform_check;
