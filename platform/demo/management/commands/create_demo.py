"""``manage.py create_demo``: three accounts and a cohort with a past, or none of it."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.models import Cohort, User
from curriculum.releases import NoActiveRelease, active_catalogue
from demo.accounts import NameTaken, ensure_accounts
from demo.cohort import cohort_exists, create_cohort, usable_recordings


class Command(BaseCommand):
    help = "Make the demo accounts and the demo cohort where they are missing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--remove",
            action="store_true",
            help="delete every demo account, their work, and the demo cohort",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        file = Path(settings.LAB_VAR_DIR) / "demo-accounts.txt"
        if options["remove"]:
            self._remove(file)
        elif not settings.LAB_DEMO:
            raise CommandError(
                "Demo accounts are refused here: their passwords are printed. They are"
                " for loopback addresses without HTTPS (LAB_DEMO in docs/settings.md)."
            )
        else:
            self._create(file)

    def _create(self, file: Path) -> None:
        try:
            accounts = ensure_accounts(file=file)
        except NameTaken as error:
            raise CommandError(
                f"An account named {error} exists and is no demo account. Rename it,"
                " or set LAB_DEMO=0."
            ) from None
        if cohort_exists():
            return
        try:
            catalogue = active_catalogue()
        except NoActiveRelease:
            self.stdout.write("No demo cohort: no course has been imported yet.")
            return
        recordings = usable_recordings(catalogue)
        for lab, known in recordings.items():
            if not known:
                self.stdout.write(f"No recordings fit the lab {lab}: nobody tries it.")
        cohort = create_cohort(
            catalogue=catalogue,
            recordings=recordings,
            instructor=accounts["instructor"],
            student=accounts["student"],
        )
        self.stdout.write(f"Demo cohort made: {cohort.members.count()} people.")

    @transaction.atomic
    def _remove(self, file: Path) -> None:
        Cohort.objects.filter(is_demo=True).delete()
        people = User.objects.filter(is_demo=True)
        count = people.count()
        people.delete()
        file.unlink(missing_ok=True)
        self.stdout.write(f"Removed {count} demo accounts with their work.")
