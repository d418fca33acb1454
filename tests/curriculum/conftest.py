"""A course on disk, and a folder for what releases unpack."""

import pytest

from tests.curriculum.mini_course import good_course, write_course


@pytest.fixture
def course_root(tmp_path):
    return write_course(tmp_path / "course", good_course())


@pytest.fixture(autouse=True)
def var_folder(tmp_path, settings):
    settings.LAB_VAR_DIR = tmp_path / "var"
    return settings.LAB_VAR_DIR
