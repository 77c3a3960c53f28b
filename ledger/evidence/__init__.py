"""A commitment becomes proof in court: package, bundle, offline verification."""
