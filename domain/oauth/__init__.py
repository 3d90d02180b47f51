"""OAuth: the states of authorization flows, and the return URLs of their people.

Brand, connecting and the packages above them may import it. Accounts and media, on the same level, may not.

`oauth_states.py` is the entry, `return_urls.py` checks the address of the return.
"""
