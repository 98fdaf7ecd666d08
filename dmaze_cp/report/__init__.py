"""Results for people (tables, loop nests) and for programs (JSON records).

Import the functions from the modules here: those for people need rich, which
`dmaze_cp.report.loopnest` does without.
"""
