"""The statements of the ledger when it is old, each beside the same one on an empty ledger."""
