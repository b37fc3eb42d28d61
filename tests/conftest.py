"""What holds for every test: how long an example of Hypothesis takes says nothing on a machine that others use too."""

from hypothesis import HealthCheck, settings

settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")
