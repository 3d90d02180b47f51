"""Jobs: their operations for partners and workers, and the subjects that end with them.

In the domain only operations may import it.
"""
