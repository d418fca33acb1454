"""Submissions: what was sent in, its runs, its verdicts, and the one state machine.

The rows are the truth. A Celery message only wakes a worker, which then claims the
next row by SQL.
"""
