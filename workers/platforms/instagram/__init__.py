"""Instagram: its rules that this adapter obeys, by Meta's documentation as of November 2026.

"Instagram API with Instagram Login: Content Publishing". A post is a container first: Meta fetches its
files from public addresses, works on them, and says so by `status_code`. `media_publish` makes the post. A
container that wasn't published expires after 24 hours. An account may make 400 containers in a day.

"IG User: Media" and "IG Container". A carousel has up to 10 children; each has to be finished before the
carousel is made, which has to be finished before it is published.

"Changelog" of 2026-06-22: `is_ai_generated` of a container sets the AI label; of a carousel its own
container alone takes it.

"Graph API Changelog: Versions". Each call names a version, `graph_version.GRAPH_VERSION`. The calls for
tokens are documented without one.

"IG User: Content Publishing Limit". Meta's pages name 25, 50 and 100 posts in 24 hours. So the account's
own number is read, and 25 stands where it has none.

"Business Login: Access Tokens". A token of an hour becomes one of 60 days. That one is extended while it
lasts, once it is a day old. Once it has ended, only the account's owner helps.

"Error Codes". A subcode says more than its code. 2207051 and others may come after the post was made.
"""
