"""The trusted inside of a slot: agent, broker, and the keeping of the box.

Executed by the runtime image's Python (``python -m sandbox.cell``) in namespaces of
its own, as an ordinary user, with nothing but loopback.
"""
