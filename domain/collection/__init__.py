"""Collection: what platforms say of posts and accounts, asked for again and again, and kept where it changed.

Buckets and answers are of `domain/metrics`. Nothing of the domain but what purges may import it.
"""
