"""Answers as files for other eyes: one module for each form, all from the same values. The command line and the web share it."""
