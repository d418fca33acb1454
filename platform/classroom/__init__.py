"""Students' pages. Views, URLs and forms; no models."""
