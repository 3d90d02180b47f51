"""Jobs: what partners and workers do with one, and the subjects that end with it.

Operations may import it, no other package of domain.
"""
