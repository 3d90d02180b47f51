"""Copywriting: each line is a clause of the brand's own text, or a formula around its names."""
