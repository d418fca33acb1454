"""What the labs of a course must keep to: files, names inside lab.yaml, anchors."""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from curriculum.check_rules import check_checks
from curriculum.course import LabDraft, LessonDraft
from curriculum.labels import CANONICAL_LANGUAGE
from curriculum.lesson_rules import check_names
from curriculum.links import CourseLinks
from curriculum.problems import Problems, Rule
from curriculum.setup_rules import check_setup
from curriculum.specs import LabSpec, Text
from curriculum.tree import Tree
from lab_protocol.messages import Language

# As LAB_SOURCE_MAX_BYTES of the site: a starter that cannot be submitted is useless.
MAX_STARTER_BYTES = 256 * 1024


def check_labs(
    labs: Sequence[LabDraft],
    lessons: Sequence[LessonDraft],
    *,
    tree: Tree,
    links: CourseLinks,
    problems: Problems,
) -> None:
    """Report missing files, names that lead nowhere and anchors that are not there."""
    check_names("lab", labs, problems)
    for lab in labs:
        if CANONICAL_LANGUAGE not in lab.tasks:
            problems.error(
                f"labs/{lab.folder}/task.{CANONICAL_LANGUAGE}.md",
                0,
                Rule.MISSING_FILE,
                "the lab has no task in Russian",
                "Add it; it is what the student reads first.",
            )
        elif "en" not in lab.tasks:
            problems.warning(
                lab.file,
                0,
                Rule.MISSING_TRANSLATION,
                "the lab has no task in 'en'; readers get the Russian one",
                "Add task.en.md beside it.",
            )
        if lab.spec is None:
            continue
        if lab.spec.id != lab.folder:
            problems.error(
                lab.file,
                lab.line("id"),
                Rule.LAB_FOLDER,
                f"the id {lab.spec.id!r} is not the folder's name {lab.folder!r}",
                "Make them equal; author's code is found by the id.",
            )
        _check_files(lab, lab.spec, tree, problems)
        _check_names_within(lab, lab.spec, problems)
        check_checks(lab, lab.spec, problems)
        check_setup(lab, lab.spec, problems)
        _check_texts(lab, lab.spec, problems)
        _check_anchors(lab, lab.spec, lessons, links, problems)


def texts_of(spec: LabSpec) -> Iterator[tuple[tuple[str | int, ...], Text]]:
    """Yield every short text of a lab with its place in lab.yaml."""
    yield ("title",), spec.title
    yield ("summary",), spec.summary
    for index, stream in enumerate(spec.streams):
        yield ("streams", index, "title"), stream.title
    for name, output in spec.outputs.items():
        yield ("outputs", name, "title"), output.title
    for index, check in enumerate(spec.checks):
        yield ("checks", index, "title"), check.title
    for index, stage in enumerate(spec.stages):
        yield ("stages", index, "title"), stage.title
    for index, variation in enumerate(spec.variations):
        yield ("variations", index, "title"), variation.title
    for index, misconception in enumerate(spec.misconceptions):
        yield ("misconceptions", index, "title"), misconception.title
    yield from markdown_texts_of(spec)


def markdown_texts_of(spec: LabSpec) -> Iterator[tuple[tuple[str | int, ...], Text]]:
    """Yield those texts of a lab that are Markdown: hints and explanations."""
    for index, misconception in enumerate(spec.misconceptions):
        yield ("misconceptions", index, "explanation"), misconception.explanation
    for index, hint in enumerate(spec.hints):
        yield ("hints", index, "text"), hint.text


def _check_files(lab: LabDraft, spec: LabSpec, tree: Tree, problems: Problems) -> None:
    folder = f"labs/{lab.folder}"
    required = {
        "stream.py": "it makes the events",
        "answers/oracle.py": "it knows the rows that are right",
    }
    if spec.misconceptions:
        required["answers/misconceptions.py"] = "it computes what each mistake makes"
    suffixes = {
        ".sql" if language is Language.SQL else ".py" for language in spec.languages
    }
    for suffix in sorted(suffixes):
        required[f"answers/solution{suffix}"] = "the checks are proved with it"
    for name, reason in required.items():
        if f"{folder}/{name}" not in tree.files:
            problems.error(
                f"{folder}/{name}",
                0,
                Rule.MISSING_FILE,
                f"the lab has no {name}",
                f"Add it: {reason}.",
            )
    for index, starter in enumerate(spec.starters):
        _check_starter(lab, index, starter.language, starter.name, tree, problems)
    known = {misconception.id for misconception in spec.misconceptions}
    wrong = {
        PurePosixPath(path).stem: path for path in tree.under(f"{folder}/answers/wrong")
    }
    for stem, path in wrong.items():
        if stem not in known:
            problems.error(
                path,
                0,
                Rule.WRONG_WITHOUT_MISCONCEPTION,
                f"there is no misconception {stem!r} in lab.yaml",
                "Name the file after the mistake that it makes, or describe that one.",
            )
    for index, misconception in enumerate(spec.misconceptions):
        if misconception.id not in wrong:
            problems.warning(
                lab.file,
                lab.line("misconceptions", index, "id"),
                Rule.MISCONCEPTION_WITHOUT_WRONG,
                f"no answers/wrong/{misconception.id}.* makes this mistake",
                "Add one; nothing else proves that the mistake is recognised.",
            )


def _check_starter(
    lab: LabDraft,
    index: int,
    language: Language,
    name: str,
    tree: Tree,
    problems: Problems,
) -> None:
    path = f"labs/{lab.folder}/given/{name}"
    content = tree.files.get(path)
    if content is None:
        problems.error(
            lab.file,
            lab.line("starters", index, "name"),
            Rule.MISSING_FILE,
            f"there is no starter file given/{name}",
            "Add it, or correct the name.",
        )
    elif len(content) > MAX_STARTER_BYTES:
        problems.error(
            path,
            0,
            Rule.FILE_TOO_LARGE,
            f"the starter is larger than {MAX_STARTER_BYTES // 1024} KiB",
            "Shorten it; nothing larger can be submitted.",
        )
    if (language is Language.SQL) != name.endswith(".sql"):
        problems.error(
            lab.file,
            lab.line("starters", index, "name"),
            Rule.STARTER_SUFFIX,
            f"{name!r} is not a file of the language {language}",
            "SQL has .sql, the other languages .py.",
        )


def _check_names_within(lab: LabDraft, spec: LabSpec, problems: Problems) -> None:
    """Report names in lab.yaml that another part of it does not have, or has twice."""
    _check_twice(lab, ("checks", "id"), [check.id for check in spec.checks], problems)
    names = [variation.id for variation in spec.variations]
    _check_twice(lab, ("variations", "id"), names, problems)
    for index, name in enumerate(names):
        if any(check.id == name for check in spec.checks):
            _name_problem(
                lab,
                ("variations", index, "id"),
                Rule.DUPLICATE_NAME,
                problems,
                f"{name!r} is the id of a check",
                "Rename one of them; a verdict has one line for each.",
            )
    _check_twice(
        lab, ("stages", "name"), [stage.name for stage in spec.stages], problems
    )
    _check_twice(
        lab,
        ("misconceptions", "id"),
        [item.id for item in spec.misconceptions],
        problems,
    )
    _check_twice(
        lab,
        ("starters", "language"),
        [str(starter.language) for starter in spec.starters],
        problems,
    )
    _check_twice(
        lab, ("streams", "topic"), [stream.topic for stream in spec.streams], problems
    )
    topics = {stream.topic for stream in spec.streams}
    for name, output in spec.outputs.items():
        place = ("outputs", name)
        if output.topic in topics:
            _name_problem(
                lab,
                (*place, "topic"),
                Rule.DUPLICATE_NAME,
                problems,
                f"the topic {output.topic!r} is already used",
                "Each stream and each output has a topic of its own.",
            )
        topics.add(output.topic)
        columns = [column.name for column in output.columns]
        if len(set(columns)) < len(columns):
            _name_problem(
                lab,
                (*place, "columns"),
                Rule.DUPLICATE_NAME,
                problems,
                f"the output {name!r} has a column twice",
                "Give each column its own name.",
            )
        if output.mode == "upsert" and not output.key:
            _name_problem(
                lab,
                (*place, "key"),
                Rule.MISSING_KEY_COLUMNS,
                problems,
                f"the upsert output {name!r} has no key",
                "Name the columns of its primary key.",
            )
        for index, column in enumerate(output.key):
            if column not in columns:
                _unknown_column(lab, (*place, "key", index), column, name, problems)
        if output.closing and output.closing.column not in columns:
            _unknown_column(
                lab,
                (*place, "closing", "column"),
                output.closing.column,
                name,
                problems,
            )
    ids = [check.id for check in spec.checks]
    for index, misconception in enumerate(spec.misconceptions):
        if misconception.check not in ids:
            _name_problem(
                lab,
                ("misconceptions", index, "check"),
                Rule.UNKNOWN_CHECK,
                problems,
                f"there is no check {misconception.check!r}",
                "Known: " + (", ".join(ids) or "none") + ".",
            )
    for key, present in (
        ("starters", spec.starters),
        ("outputs", spec.outputs),
        ("checks", spec.checks),
    ):
        if not present:
            _name_problem(
                lab,
                (key,),
                Rule.EMPTY_LIST,
                problems,
                f"the lab has no {key}",
                "A lab needs at least one of them.",
            )
    if spec.checks and not spec.points:
        _name_problem(
            lab,
            ("checks",),
            Rule.NO_POINTS,
            problems,
            "no check gives points",
            "Give the checks points; a lab without any cannot be passed.",
        )


def _check_twice(
    lab: LabDraft, where: tuple[str, str], names: list[str], problems: Problems
) -> None:
    for index, name in enumerate(names):
        if name in names[:index]:
            _name_problem(
                lab,
                (where[0], index, where[1]),
                Rule.DUPLICATE_NAME,
                problems,
                f"the {where[1]} {name!r} is here twice",
                "Rename or remove one of them.",
            )


def _unknown_column(
    lab: LabDraft,
    location: tuple[str | int, ...],
    column: str,
    output: str,
    problems: Problems,
) -> None:
    _name_problem(
        lab,
        location,
        Rule.UNKNOWN_COLUMN,
        problems,
        f"the output {output!r} has no column {column!r}",
        "Name one of its columns.",
    )


def _name_problem(
    lab: LabDraft,
    location: tuple[str | int, ...],
    rule: Rule,
    problems: Problems,
    message: str,
    fix: str,
) -> None:
    problems.error(lab.file, lab.line(*location), rule, message, fix)


def _check_texts(lab: LabDraft, spec: LabSpec, problems: Problems) -> None:
    missing = [location for location, text in texts_of(spec) if not text.en]
    if missing:
        problems.warning(
            lab.file,
            lab.line(*missing[0]),
            Rule.MISSING_TRANSLATION,
            f"{len(missing)} texts have no `en`; readers get the Russian ones",
            "Add `en: …`; the first is "
            + ".".join(str(part) for part in missing[0])
            + ".",
        )


def _check_anchors(
    lab: LabDraft,
    spec: LabSpec,
    lessons: Sequence[LessonDraft],
    links: CourseLinks,
    problems: Problems,
) -> None:
    lesson = next((item for item in lessons if spec.lesson in item.names()), None)
    if lesson is None:
        return
    anchored = [
        *(
            (("checks", index), item.lesson_anchor)
            for index, item in enumerate(spec.checks)
        ),
        *(
            (("variations", index), item.lesson_anchor)
            for index, item in enumerate(spec.variations)
        ),
        *(
            (("misconceptions", index), item.lesson_anchor)
            for index, item in enumerate(spec.misconceptions)
        ),
    ]
    for location, anchor in anchored:
        for language, document in lesson.documents.items():
            if anchor and anchor not in links.lesson_anchors(spec.lesson, language):
                problems.error(
                    lab.file,
                    lab.line(*location, "lesson_anchor"),
                    Rule.DEAD_ANCHOR,
                    f"no heading of {document.file} has the anchor {anchor!r}",
                    f"Add {{#{anchor}}} to its heading, or name another anchor.",
                )
