"""Semantic validation: what a schema cannot say, in the words of the API server (`pkg/apis/*/validation`)."""
