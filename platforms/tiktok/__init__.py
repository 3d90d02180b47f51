"""TikTok: the rules of its API for this adapter, by TikTok for Developers as of November 2026.

"Login Kit: Manage User Access Tokens". An access token lasts 24 hours, its refresh token 365 days. A refresh
may return another refresh token, so both are stored together. The PKCE challenge is hexadecimal.

"Content Posting API: Query Creator Info". The call is required before each post, 20 times a minute and token.
A privacy level outside its list is refused. "Content Sharing Guidelines": the creator chooses the level, and
no level is preselected. So a post without a choice is refused here, too.

"Content Posting API: Direct Post" and "Media Transfer Guide". Six posts may be begun in a minute. A video is
uploaded in order, in chunks of 5 to 64 MB, the last one up to 128 MB; below 5 MB it is one chunk. The last
chunk creates the post. `post_info.is_aigc` sets TikTok's AI label on it. TikTok fetches photos (35, JPEG or
WebP) from addresses of a domain that it has verified. They have no `is_aigc`, and neither have drafts.

"Content Posting API: Upload". A draft goes to its creator's inbox and is not published. Five may wait there
in 24 hours.

"Content Posting API: Get Post Status". The limit is 30 calls a minute. The id of a public post appears once
moderation has ended, mostly within a minute, sometimes after hours.

"Webhooks: Webhook Verification". `TikTok-Signature` is an HMAC-SHA256 of the time and the body. A message may
come more than once, for 72 hours.

Its limit of posts, about 15 a creator and day over all applications, is not published as a number. An
application without TikTok's audit posts for five users in 24 hours, with private visibility, and only while
their accounts are private ("Content Sharing Guidelines").

`adapter.py` is the entry for workers, `description.py` for all others. Read `creator.py` and `publish.py`
next.
"""
