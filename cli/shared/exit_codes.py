"""Exit codes of all commands, as listed by `tenantry --help`."""

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_NOT_FOUND = 3
EXIT_REFUSED = 4
EXIT_SETTINGS_OR_SERVER_UNUSABLE = 5
EXIT_INTERRUPTED = 130
