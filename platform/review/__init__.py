"""Instructors' pages. Views, URLs and forms; no models."""
