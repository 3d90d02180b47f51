"""The pages of docs/ that follow from the code: `python -m docs.make` writes them.

`command_line` and `settings` make whole pages. `contract` and `folders` fill blocks of pages that people
write, with what `meanings` says of each word.
A test fails while a page says something else than the code.
"""
