"""The runtime image: all that a jail mounts, made of parts that are built once.

Standard library only: set-up builds the image before anything else is installed.
"""
