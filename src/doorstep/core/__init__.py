"""Values and rules, pure: no input or output, clock, threads, logging or third-party package."""
