"""The command: one file a verb.  Reads arguments, speaks to a running server or to the files, prints plain words."""
