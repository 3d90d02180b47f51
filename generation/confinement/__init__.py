"""Kernel sandbox of child processes that read untrusted files: Landlock and seccomp, without privileges."""
