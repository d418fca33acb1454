"""What the rooms above are told of releases."""

from django.dispatch import Signal

# Sent in the transaction that makes another content the one that pages show: a release
# was activated, or the active one was rendered again. No arguments.
release_shown = Signal()
