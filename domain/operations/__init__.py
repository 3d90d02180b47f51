"""Operations: an operator's views and actions, and the dispatcher's chores.

No other package of domain may import it.
"""
