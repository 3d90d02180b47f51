"""Media: files on their way into the storage, the storage itself, and the addresses they are read at.

Publishing, content and what is above them may import it; not accounts and oauth beside it.
"""
