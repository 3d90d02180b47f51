"""Events: what SDK apps and partners' servers say has happened, each kept once, and how many there were.

All of it lies in the store of events, which may be a database of its own: nothing here reads another table.
What is above the row of apps may import it.
"""
