"""App store ingest: reads an app's listings in Apple's and Google's stores.

`stores.py` is the entry. `lookup.py` asks Apple's look-up within the rate limit of `rate.py`, `pages.py`
fetches the stores' web pages. `listing.py`, `subtitle.py` and `play.py` read the answers in the parsing
process; `app.py` makes candidates of them.
"""
