"""Instagram: the rules of its API for this adapter, by Meta's documentation as of November 2026.

"Instagram API with Instagram Login: Content Publishing". A post is a container first: Meta fetches its files
from public addresses, processes them, and reports by `status_code`. `media_publish` creates the post. A
container that wasn't published expires after 24 hours. An account may create 400 containers in a day.

"IG User: Media" and "IG Container". A carousel has up to 10 children. Each must be finished before the
carousel is created, and the carousel must be finished before it is published.

"Changelog" of 2026-06-22: `is_ai_generated` of a container sets the AI label; for a carousel only its own
container accepts it.

"Graph API Changelog: Versions". Each call names a version, `graph_version.META_GRAPH_API_VERSION`. The calls for
tokens are documented without one.

"IG User: Content Publishing Limit". Meta's pages name 25, 50 and 100 posts in 24 hours. So the account's own
number is read, with 25 as the default.

"Business Login: Access Tokens". A token of an hour is exchanged for one of 60 days. That one is extended
while it lasts, once it is a day old. After its end the account's owner must connect again.

"Error Codes". A subcode is more specific than its code. 2207051 and others may come after the post was
created.

`adapter.py` is the entry for workers, `description.py` for all others. Read `containers.py` and
`publish.py` next.
"""
