"""Results as text: for people, for programs, for CI servers. Values in, text out; nothing here prints."""
