"""`make bench`: what is measured, each figure beside a reference of the same run."""
