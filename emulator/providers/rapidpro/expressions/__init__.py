"""Expressions in broadcast and campaign texts, after RapidPro's engine.

Compiling and evaluating never fail: what is not supported, or has no value for a contact, becomes
an empty text and a line in the log. Work is bounded: nesting, lengths of made texts, digits.
"""

from .template import Template, compile_template
from .values import Scope, Value

__all__ = ["Scope", "Template", "Value", "compile_template"]
