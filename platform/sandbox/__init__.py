"""Runs of untrusted programs: cells, their jail, their limits and the warm pool.

The host side (``pool``, ``slot``, ``author``, ``selfcheck``, ``image``) needs nothing
but the standard library and ``lab_protocol``. ``cell`` is the trusted inside of a
slot and is executed by the runtime image's own Python. Knows neither the database
nor what a right answer is.
"""
