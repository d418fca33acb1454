"""The places of a lesson or lab that a question can be about, and their titles."""

from dataclasses import dataclass

from curriculum.catalogue import Catalogue, UnknownItem
from questions.models import Question


class PlaceUnknown(LookupError):
    """The lesson has no such section, or the lab no such check."""


@dataclass(frozen=True, slots=True)
class PlaceTitle:
    """What a question is about, in words; ``is_known`` unless it left the course."""

    item: str
    place: str
    is_known: bool


def places_of(
    catalogue: Catalogue, subject: str, item: str, language: str
) -> list[tuple[str, str]]:
    """Return (id, title) of the sections of a lesson or the checks of a lab."""
    if subject == Question.Subject.LAB:
        lab = catalogue.lab(item)
        return [
            (check.id, check.title.in_language(language)) for check in lab.spec.judged
        ]
    places = []
    for entry in catalogue.lesson(item).toc(language):
        places.append((entry.id, entry.title))
        places.extend((child.id, f"– {child.title}") for child in entry.children)
    return places


def place_title(catalogue: Catalogue, question: Question, language: str) -> PlaceTitle:
    """Return the titles of what ``question`` is about."""
    try:
        if question.subject == Question.Subject.LAB:
            title = catalogue.lab(question.item).title(language)
        else:
            title = catalogue.lesson(question.item).title(language)
        places = dict(places_of(catalogue, question.subject, question.item, language))
    except UnknownItem:
        return PlaceTitle(question.item, question.place, is_known=False)
    place = places.get(question.place, question.place).removeprefix("– ")
    return PlaceTitle(title, place, is_known=True)
