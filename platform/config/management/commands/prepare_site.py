"""``manage.py prepare_site``: bring an install up to date; quick when it is.

Each step looks first whether anything changed, because `make run` calls this at every
start and a second start has five seconds for all of it.
"""

import hashlib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from curriculum.archive import tree_digest
from curriculum.markdown import renderer_version
from curriculum.models import Release
from curriculum.problems import Problems
from curriculum.tree import read_tree
from search.services import bring_index_up_to_date


class Command(BaseCommand):
    help = "Migrate, collect static files, import the course and make demo data."

    def handle(self, *args: Any, **options: Any) -> None:
        self._migrate()
        self._collect_static()
        self._import_course()
        if bring_index_up_to_date():
            self.stdout.write("indexed the course for the search")
        self._make_demo()

    def _migrate(self) -> None:
        executor = MigrationExecutor(connection)
        steps = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if steps:
            self.stdout.write(f"migrating the database: {len(steps)} steps")
            call_command("migrate", interactive=False, verbosity=0)

    def _collect_static(self) -> None:
        # Beside the folder: several installs may share one (LAB_STATIC_DIR).
        stamp = Path(settings.STATIC_ROOT).parent / "stamps" / "static"
        digest = _static_digest()
        if (
            stamp.is_file()
            and stamp.read_text("utf-8") == digest
            and Path(settings.STATIC_ROOT).is_dir()
        ):
            return
        self.stdout.write("collecting static files")
        stamp.unlink(missing_ok=True)
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(digest, "utf-8")

    def _import_course(self) -> None:
        tree = read_tree(Path(settings.LAB_CONTENT_ROOT), Problems())
        active = Release.objects.active().values_list("digest", "renderer").first()
        if active == (tree_digest(tree), renderer_version()):
            return
        self.stdout.write("importing the course")
        try:
            call_command("import_course", stdout=self.stdout, stderr=self.stderr)
        except CommandError as error:
            if active is None:
                raise
            self.stdout.write(f"{error}; `manage.py check_course` says why")

    def _make_demo(self) -> None:
        if not settings.LAB_DEMO:
            return
        try:
            call_command("create_demo", stdout=self.stdout, stderr=self.stderr)
        except CommandError as error:
            # A site without demo data still works: say it, and go on.
            self.stdout.write(str(error))


def _static_digest() -> str:
    """Return a digest of all static files (name, size, time) and of their target."""
    digest = hashlib.sha256(str(settings.STATIC_ROOT).encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            status = Path(storage.path(path)).stat()
            digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
