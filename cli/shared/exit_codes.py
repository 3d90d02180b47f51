"""Exit codes of all commands, as listed by `tenantry --help`."""

FAILED = 1
USAGE = 2
ABSENT = 3
REFUSED = 4
UNUSABLE = 5
INTERRUPTED = 130
