"""Readers of a repository's files. They run in the parsing process, since any file may be hostile."""
