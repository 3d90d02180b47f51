"""Peers for comparison in the same run, each in the configuration of its users, at its best."""
