"""Composition: settings, root URLs, the Celery application. Nobody imports this room."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
