"""What Apple's and Google's stores say of an app.

`stores.py` is the way in. `lookup.py` asks Apple's look-up, at the rate that `rate.py` keeps; `pages.py`
asks for the stores' web pages. `listing.py`, `subtitle.py` and `play.py` read what came, in the parsing
process; `app.py` has the precedence of it all.
"""
