"""The HTTP edge: routes, problem answers and pages over the application."""
