"""App store ingest: reads an app's listings in Apple's and Google's stores.

`stores.py` is the entry. `lookup.py` requests Apple's lookup within the rate limit of `rate.py`,
`pages.py` fetches the stores' web pages. `listing.py`, `subtitle.py` and `play.py` read the responses in
the parsing process; `app.py` turns them into candidates.
"""
