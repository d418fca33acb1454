"""Reading the ledger."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from accounts.access import is_reviewer
from accounts.models import User
from curriculum.catalogue import Catalogue
from progress.access import CourseMap, Ledger, build_course_map
from progress.models import Achievement

FIELDS = {
    Achievement.Kind.LESSON_OPENED: "opened",
    Achievement.Kind.LESSON_READ: "read",
    Achievement.Kind.LAB_PASSED: "passed",
    Achievement.Kind.LESSON_COMPLETED: "completed",
}


def course_map(*, user: User, catalogue: Catalogue) -> CourseMap:
    """Return the course as ``user`` has it. Two queries, one of them once a request."""
    ledger = replace(ledgers([user.pk])[user.pk], is_exempt=is_reviewer(user))
    return build_course_map(catalogue, ledger)


def ledgers(user_ids: Iterable[int]) -> dict[int, Ledger]:
    """Return the standing ledger of each user id; one query for all of them."""
    wanted = list(user_ids)
    items: dict[int, dict[str, set[str]]] = {
        user_id: defaultdict(set) for user_id in wanted
    }
    rows = (
        Achievement.objects.standing()
        .filter(user_id__in=wanted)
        .values_list("user_id", "kind", "item")
    )
    for user_id, kind, item in rows:
        items[user_id][FIELDS[Achievement.Kind(kind)]].add(item)
    return {
        user_id: Ledger(
            opened=frozenset(kinds["opened"]),
            read=frozenset(kinds["read"]),
            passed=frozenset(kinds["passed"]),
            completed=frozenset(kinds["completed"]),
        )
        for user_id, kinds in items.items()
    }
