"""Reading the ledger."""

from collections import defaultdict
from collections.abc import Iterable

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
    """Return the course as ``user`` has it. One query."""
    return build_course_map(catalogue, ledgers([user.pk])[user.pk])


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
        user_id: Ledger(**{name: frozenset(found) for name, found in kinds.items()})
        for user_id, kinds in items.items()
    }
