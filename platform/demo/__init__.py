"""Demo data of a fresh install: three accounts, and a cohort with a past.

The cohort's verdicts are replays of recorded real runs; only who sent what and when is
made up, by a seeded script. Everything made here is marked ``is_demo``. Not in charge
of when it is made (``prepare_site``), and nothing imports this room.
"""
