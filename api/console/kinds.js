// Job kinds for filters, as in the API.

export const KINDS = ["ingest_website", "ingest_github", "ingest_appstore", "fetch_app_media",
  "connect_github", "content_generate", "influencer_create", "preview_template", "archive_project",
  "advance_clock", "publish_post", "connect_account", "verify_tracking"];
