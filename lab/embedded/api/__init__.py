"""The API server without its wire: kinds, defaults, validation, patches, and the verbs."""
