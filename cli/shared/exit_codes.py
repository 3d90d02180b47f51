"""Exit codes of all commands, as listed by `tenantry --help`."""

FAILED, USAGE, ABSENT, REFUSED, UNUSABLE = 1, 2, 3, 4, 5

INTERRUPTED = 130
