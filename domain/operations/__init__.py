"""Operations: what an operator sees and does, and the chores of the dispatcher.

No other package of domain may import it.
"""
