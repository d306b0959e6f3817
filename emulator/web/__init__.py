"""What several providers need of Flask: addressing, context, bodies, errors, operations."""

from .late_patterns import bring_in

# Everything that has schemas imports something of this package first, or soon after.
bring_in()
