"""What nouns look like: blocks for people, rows and records for programs, and the media of each.

`nouns` says what there is of each noun; every other module is of one noun, or of one medium.
"""
