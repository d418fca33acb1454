"""What holds for every test of this tree."""

from hypothesis import settings

# A test says what is right; how fast it is, `make bench` says. On a busy machine the
# first example alone has taken longer than Hypothesis' 200 ms.
settings.register_profile("potok", deadline=None)
settings.load_profile("potok")
