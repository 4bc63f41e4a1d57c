#!/usr/bin/env bash
# An install script that replaces, or keeps what it finds, would take over what somebody put there first.
files=$(ls sql/[0-9]*/*.sql sql/upgrade/*.sql 2>/dev/null)
if grep -nHiE '^[^-]*\bCREATE[[:space:]]+OR[[:space:]]+REPLACE\b' $files; then exit 1; fi
if grep -nHiE '^[^-]*\bCREATE[[:space:]]+(UNIQUE[[:space:]]+)?(TABLE|SCHEMA|SEQUENCE|INDEX|EXTENSION|(MATERIALIZED[[:space:]]+)?VIEW)[[:space:]]+IF[[:space:]]+NOT[[:space:]]+EXISTS\b' $files; then exit 1; fi
