"""Peers that the product is measured against in the same run, each as its users run it, at its best."""
