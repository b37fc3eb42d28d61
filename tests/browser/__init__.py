"""A package, so that what all of them share ends behind the last of them and not with the whole run."""
