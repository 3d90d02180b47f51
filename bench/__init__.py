"""Where the README's numbers come from: real servers and processes, and a peer measured in the same run."""
