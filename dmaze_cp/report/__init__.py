"""Results for people (tables, loop nests) and for programs (JSON records).

Import the functions from the modules here: those for people need rich, which
`dmaze_cp.result` and `dmaze_cp.report.loopnest` do without.
"""
