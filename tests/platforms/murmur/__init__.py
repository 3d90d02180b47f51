"""A made-up platform: one package, and one line in the registry (`registration.py`)."""
