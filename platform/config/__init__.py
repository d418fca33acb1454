"""Composition: settings, root URLs, the Celery application. Imported by nobody."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
