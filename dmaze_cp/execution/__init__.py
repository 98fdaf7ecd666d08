"""Searches side by side: on the processes of this machine, or on a Dask cluster.

A search is a `Task`, and a `Backend` is a `concurrent.futures.Executor` with a way to
hear from running tasks and to ask them to stop. `run_tasks` is the loop that gives the
backend its tasks, and a second try to those whose worker dies; who comes next is the
business of a schedule.
"""
