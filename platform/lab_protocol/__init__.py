"""Messages between the worker, the cell agent and the box.

Standard library only: the same files are imported by the web environment and by
the runtime image, whose Python knows neither Django nor pydantic. Decoding is
strict; it does not repair what it is given.
"""
