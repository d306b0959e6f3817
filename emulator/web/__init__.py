"""What several providers need of Flask: addressing, context, bodies, errors, operations."""
