"""What the product is measured against in the same run: each peer as its users run it, at its best."""
