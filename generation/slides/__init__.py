"""Slides: layouts of a slideshow and of a single image, from a brand's theme, pictures and copy."""
