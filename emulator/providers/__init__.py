"""The vendors that are imitated, a package each."""
