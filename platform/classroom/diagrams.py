"""The policy of pages that hold a Mermaid diagram."""

from typing import Any

from django.conf import settings
from django.utils.csp import CSP
from django.views.decorators.csp import csp_override

# Mermaid writes a <style> and style attributes; without them it also lays out wrongly.
# A nonce beside 'unsafe-inline' would switch the latter off.
DIAGRAM_CSP: dict[str, Any] = {
    **settings.SECURE_CSP,
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
}

allow_diagrams = csp_override(DIAGRAM_CSP)
