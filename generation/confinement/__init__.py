"""Kernel sandbox of child processes that read strangers' files: Landlock and seccomp, without privileges."""
