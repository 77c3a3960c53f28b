"""Hypothesis profiles: `ci` repeats the same examples on every run, `soak` searches anew and longer."""

from hypothesis import settings

settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("soak", deadline=None, max_examples=2000, print_blob=True)
settings.load_profile("ci")
