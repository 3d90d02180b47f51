"""Social platforms: a package for each, with all that is the platform's own."""
