"""The house's own rules: what holds for all of the repository, whichever floor one works on."""
