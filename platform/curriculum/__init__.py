"""Content: lessons/ and labs/ become a validated, frozen catalogue, kept as releases.

Knows nothing of users or of what they may see; that is ``progress.access``.
"""
