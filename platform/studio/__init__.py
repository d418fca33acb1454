"""Pages of authors and admins. Views, URLs and wording; no models."""
