"""From a lab, its oracle's rows and a run's outcome to a verdict. Pure.

No Django, no I/O, no clock: the same arguments give the same verdict for ever.
"""
