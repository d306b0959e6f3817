"""What every test shares."""

from hypothesis import settings

# A property fails for everybody or for nobody, and a busy machine is no failure.
settings.register_profile("emulator", derandomize=True, deadline=None)
settings.load_profile("emulator")

pytest_plugins = ["pytester"]
