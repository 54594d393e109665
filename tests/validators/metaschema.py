"""Holds an OSCAL document against NIST's metaschema of the version that it names; prints
what does not fit and ends with 1."""

import sys

from oscal.oscal_content import OSCAL

read = OSCAL.load(sys.argv[1])
print(read.resolved_oscal_version, read.validation_status)
for error in read.validation_errors[:20]:
    print(error)
whole = read.is_valid and read.resolved_oscal_version == read.requested_oscal_version
sys.exit(0 if whole else 1)
