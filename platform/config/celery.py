"""The Celery application: JSON only, late acknowledgement, one message at a time."""

import os

from celery import Celery

from config import fsqueue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

fsqueue.register()
app = Celery("potok")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    accept_content=["json"],
    broker_connection_retry_on_startup=True,
    task_acks_late=True,
    task_ignore_result=True,
    task_serializer="json",
    worker_enable_remote_control=False,
    worker_prefetch_multiplier=1,
    timezone="UTC",
)
app.autodiscover_tasks()
