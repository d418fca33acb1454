"""lessons/ and labs/ as one proved course, or the list of all that is wrong with them.

Pure of Django: the site imports with it, and so do the tests of lessons and labs.
Executes nothing of what it reads.
"""

from dataclasses import dataclass
from pathlib import Path

from curriculum.course import Course, Document, LabDraft, LessonDraft, StarterText
from curriculum.document_rules import check_document
from curriculum.draft_rules import check_drafts
from curriculum.lab_rules import check_labs, markdown_texts_of
from curriculum.labels import LANGUAGES
from curriculum.lesson_rules import check_lessons
from curriculum.links import CourseLinks
from curriculum.markdown import Form, Rendered, render
from curriculum.pages import check_pages, read_pages, render_pages
from curriculum.problems import ContentError, Problem, Problems, Rule, errors
from curriculum.specs import LabSpec, LessonFront
from curriculum.tree import Tree, read_tree, text_of
from curriculum.yaml_source import read_yaml, split_front_matter, validate


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of a check: all problems, and the course where none is an error."""

    course: Course | None
    problems: tuple[Problem, ...]


def load_tree(root: Path) -> Course:
    """Return the course under ``root``; raise ContentError with every problem."""
    checked = check_tree(root)
    if checked.course is None:
        raise ContentError(checked.problems)
    return checked.course


def check_tree(root: Path) -> Checked:
    """Read and check the course under ``root``."""
    problems = Problems()
    return check_files(read_tree(root, problems), problems)


def check_files(tree: Tree, problems: Problems) -> Checked:
    """Check a course whose files are already read; ``problems`` may have some."""
    lessons = [
        _read_lesson(tree, folder, problems)
        for folder in tree.folders("lessons")
        if not folder.startswith("_")
    ]
    labs = [
        _read_lab(tree, folder, problems)
        for folder in tree.folders("labs")
        if not folder.startswith("_")
    ]
    if not lessons:
        problems.error(
            "lessons",
            0,
            Rule.NO_LESSONS,
            "the course has no lesson",
            "Add lessons/01-name/ru.md.",
        )
    pages = read_pages(tree, problems)
    links = CourseLinks(
        lessons, labs, tree, {page.url: page.anchors() for page in pages}
    )
    for lesson in lessons:
        _render_all(
            lesson.documents,
            lesson.rendered,
            f"lessons/{lesson.folder}",
            links,
            problems,
        )
    for lab in labs:
        _render_all(lab.tasks, lab.rendered, f"labs/{lab.folder}", links, problems)
        _render_fragments(lab, links, problems)
    render_pages(pages, links, problems)
    for folder, documents, rendered in [
        *(
            (f"lessons/{item.folder}", item.documents, item.rendered)
            for item in lessons
        ),
        *((f"labs/{item.folder}", item.tasks, item.rendered) for item in labs),
    ]:
        for language, text in rendered.items():
            check_document(
                documents[language],
                text,
                folder=folder,
                links=links,
                problems=problems,
            )
    for lab in labs:
        _check_fragment_links(lab, links, problems)
    check_pages(pages, links, problems)
    check_lessons(lessons, labs, problems)
    check_labs(labs, lessons, tree=tree, links=links, problems=problems)
    check_drafts(lessons, labs, problems)
    found = problems.sorted()
    if errors(found):
        return Checked(None, found)
    lessons.sort(key=lambda lesson: lesson.front.order if lesson.front else 0)
    course = Course(
        tuple(lesson for lesson in lessons if not lesson.is_draft),
        tuple(lab for lab in labs if not lab.is_draft),
        pages,
        tree,
        found,
    )
    return Checked(course, found)


def _read_lesson(tree: Tree, folder: str, problems: Problems) -> LessonDraft:
    lesson = LessonDraft(folder)
    known = {f"lessons/{folder}/{language}.md": language for language in LANGUAGES}
    for path in tree.under(f"lessons/{folder}"):
        language = known.get(path)
        if language is None:
            if path.endswith(".md"):
                _refuse_text(
                    path,
                    "A lesson has "
                    + " and ".join(f"{name}.md" for name in LANGUAGES)
                    + ".",
                    problems,
                )
            continue
        text = text_of(tree, path, problems)
        if text is None:
            continue
        source, body, first_line = split_front_matter(
            text, file=path, problems=problems
        )
        lesson.documents[language] = Document(path, language, body, first_line)
        if source:
            lesson.sources[language] = source
            if front := validate(LessonFront, source, problems):
                lesson.fronts[language] = front
    return lesson


def _read_lab(tree: Tree, folder: str, problems: Problems) -> LabDraft:
    lab = LabDraft(folder)
    text = text_of(tree, lab.file, problems)
    if text is not None:
        lab.source = read_yaml(text, file=lab.file, problems=problems)
    elif lab.file not in tree.files:
        problems.error(
            lab.file,
            0,
            Rule.MISSING_FILE,
            "the folder has no lab.yaml",
            "Add it, or begin the folder's name with _ if it is a library.",
        )
    if lab.source:
        lab.spec = validate(LabSpec, lab.source, problems)
    known = {f"labs/{folder}/task.{language}.md": language for language in LANGUAGES}
    for path in tree.under(f"labs/{folder}"):
        if path in known:
            if (task := text_of(tree, path, problems)) is not None:
                lab.tasks[known[path]] = Document(path, known[path], task, 1)
        elif path.startswith(f"labs/{folder}/task."):
            _refuse_text(path, "A lab has task.ru.md and task.en.md.", problems)
    for starter in lab.spec.starters if lab.spec else ():
        content = text_of(tree, f"labs/{folder}/given/{starter.name}", problems)
        if content is not None:
            lab.starters[starter.language] = StarterText(starter.name, content)
    return lab


def _render_all(
    documents: dict[str, Document],
    rendered: dict[str, Rendered],
    folder: str,
    links: CourseLinks,
    problems: Problems,
) -> None:
    for language, document in documents.items():
        try:
            rendered[language] = render(
                document.text, language=language, resolve=links.resolver(folder)
            )
        except RecursionError:
            problems.error(
                document.file,
                document.first_line,
                Rule.NESTED_TOO_DEEP,
                "lists or quotes are nested too deep to be rendered",
                "Flatten them.",
            )


def _render_fragments(lab: LabDraft, links: CourseLinks, problems: Problems) -> None:
    if lab.spec is None:
        return
    resolve = links.resolver(f"labs/{lab.folder}")
    for location, text in markdown_texts_of(lab.spec):
        for language in LANGUAGES:
            written = text.ru if language == "ru" else text.en
            if not written:
                continue
            try:
                lab.fragments[*location, language] = render(
                    written, language=language, form=Form.FRAGMENT, resolve=resolve
                )
            except RecursionError:
                problems.error(
                    lab.file,
                    lab.line(*location, language),
                    Rule.NESTED_TOO_DEEP,
                    "lists or quotes are nested too deep to be rendered",
                    "Flatten them.",
                )


def _check_fragment_links(
    lab: LabDraft, links: CourseLinks, problems: Problems
) -> None:
    for location, rendered in lab.fragments.items():
        language = str(location[-1])
        own = lab.rendered.get(language) or lab.rendered.get("ru")
        place = (lab.file, lab.line(*location))
        for written in rendered.links:
            links.check_link(
                written,
                folder=f"labs/{lab.folder}",
                own_anchors=own.anchors if own else (),
                language=language,
                place=place,
                problems=problems,
            )
        for image in rendered.images:
            links.check_image(
                image.source,
                image.alt,
                folder=f"labs/{lab.folder}",
                place=place,
                problems=problems,
            )


def _refuse_text(path: str, fix: str, problems: Problems) -> None:
    problems.error(
        path, 0, Rule.UNEXPECTED_FILE, "no text of this name is ever shown", fix
    )
