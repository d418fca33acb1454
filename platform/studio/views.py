"""Admins' pages: the state of the engine."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from studio.access import StaffRequest, staff_required
from studio.wording import (
    alert_words,
    condition_words,
    ending_words,
    lane_words,
    stuck_words,
)
from submissions import health


@staff_required
@require_safe
@never_cache
def health_page(request: StaffRequest) -> HttpResponse:
    """Say first whether labs can run, then by what, what waits and what went wrong."""
    workers, silent = health.workers(), health.silent_workers()
    alerts, stuck = health.standing_alerts(), health.stuck()
    condition = health.condition(workers, open_matters=len(alerts) + len(stuck))
    endings = health.endings()
    return render(
        request,
        "studio/health.html",
        {
            "words": condition_words(condition),
            "condition": condition,
            "workers": workers,
            "silent": silent,
            "lanes": [(lane_words(state.lane), state) for state in health.lanes()],
            "endings": [
                (ending_words(ending), count) for ending, count in endings.most_common()
            ],
            "alerts": [(alert_words(alert.code), alert) for alert in alerts],
            "stuck": [(stuck_words(item.why), item.submission) for item in stuck],
        },
    )
