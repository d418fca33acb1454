"""Set-up and start of a checkout: environments, Java parts, box image, processes.

Standard library only: it runs before anything is installed. The one exception is
`maven_fetch`, which runs inside the tools environment that this room has built.
"""
