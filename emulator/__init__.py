"""A local server that imitates message broadcasting vendors, for tests and development."""

__version__ = "0.1.0"
