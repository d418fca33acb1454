"""Keeps the index with the release that pages show."""

from typing import Any

from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "search"

    def ready(self) -> None:
        from curriculum.signals import release_shown

        release_shown.connect(_index, dispatch_uid="search.index")


def _index(**_signal: Any) -> None:
    from search.services import bring_index_up_to_date

    bring_index_up_to_date()
