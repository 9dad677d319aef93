"""The four kinds of patches, each a pure function from the current object and a body to the wanted object."""
