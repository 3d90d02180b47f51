"""Mastodon: its rules that this adapter obeys, by docs.joinmastodon.org as of November 2026.

"Statuses: Post a new status". `Idempotency-Key` is kept for up to an hour. A repeat is answered with the
post that is there. With `scheduled_at` it would answer another entity, so that is never sent.

"Media: Upload media as an attachment". It answers 202 while it works on a file, which is then asked for:
206 until it is done.

"Rate limits". An account may make 300 requests in five minutes, and upload 30 files in half an hour. The
reset is a time in ISO 8601; other programs send seconds.

Other programs of the same API differ. snac2 2.75, tried in November 2026, makes two posts of one key,
answers 422 to a token that was revoked, and gives neither refresh tokens nor limits. So what a server can
do is an account's own trait (`tokenExact` and others), found out when it is connected.
"""
