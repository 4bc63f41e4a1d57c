#!/usr/bin/env bash
# States are text with CHECK or a foreign key: an enum value cannot be used by the script that adds it.
if grep -nHiE "^[^-]*\bAS[[:space:]]+ENUM\b" sql/[0-9]*/*.sql; then exit 1; fi
