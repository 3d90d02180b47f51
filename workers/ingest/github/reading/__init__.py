"""What a repository's files say of a brand. Runs in the parsing process: every file may be hostile."""
