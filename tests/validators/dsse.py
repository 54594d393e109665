"""Verifies a DSSE envelope with one SSH public key, reads the in-toto statement in it, and
prints that. Arguments: the envelope, the key in OpenSSH form, its fingerprint."""

import base64
import json
import pathlib
import sys

import google.protobuf.json_format as protobuf
import in_toto_attestation.v1.statement_pb2 as messages
from in_toto_attestation.v1.statement import Statement
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

path, public_key, fingerprint = sys.argv[1:]
envelope = Envelope.from_dict(json.loads(pathlib.Path(path).read_text()))
point = base64.b64decode(public_key.split()[1])[-32:]
key = SSlibKey(fingerprint, "ed25519", "ed25519", {"public": point.hex()})
envelope.verify([key], 1)
if envelope.payload_type != "application/vnd.in-toto+json":
    sys.exit(f"a payload of {envelope.payload_type}")
statement = Statement.copy_from_pb(protobuf.Parse(envelope.payload, messages.Statement()))
statement.validate()
sys.stdout.write(protobuf.MessageToJson(statement.pb))
