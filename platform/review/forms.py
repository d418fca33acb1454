"""The filters of the cohort matrix, read from the URL."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from review.wording import CELL_WORDS, SORT_WORDS
from submissions.cohorts import CellState, Column, MatrixFilters, Sort


class MatrixForm(forms.Form):
    """Text, column, state and order; what the URL leaves out restricts nothing."""

    text = forms.CharField(label=_("Name or e-mail"), required=False, max_length=100)
    item = forms.ChoiceField(label=_("Lesson or lab"), required=False)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ("", _("any")),
            *((state.value, CELL_WORDS[state]) for state in CellState),
        ],
    )
    sort = forms.ChoiceField(
        label=_("Order"),
        required=False,
        choices=[(sort.value, SORT_WORDS[sort]) for sort in Sort],
    )

    def __init__(
        self, *args: Any, columns: tuple[Column, ...], language: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        item = self.fields["item"]
        assert isinstance(item, forms.ChoiceField)  # noqa: S101 (for the type checker)
        item.choices = [
            ("", _("any")),
            *((column.key, column.title(language)) for column in columns),
        ]

    def filters(self) -> MatrixFilters:
        """Return the filters; a field that is not valid restricts nothing."""
        self.is_valid()
        values = self.cleaned_data
        return MatrixFilters(
            text=values.get("text", ""),
            item=values.get("item", ""),
            state=CellState(values["state"]) if values.get("state") else None,
            sort=Sort(values.get("sort") or Sort.NAME),
        )
