"""Faults done to real processes, and what must hold after each of them."""
