"""Exit codes of every command, as `tenantry --help` lists them."""

FAILED, USAGE, ABSENT, REFUSED, UNUSABLE = 1, 2, 3, 4, 5

INTERRUPTED = 130
