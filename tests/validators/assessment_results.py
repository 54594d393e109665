"""Reads OSCAL assessment results with trestle, and prints what it read."""

import json
import pathlib
import sys

from trestle.core.validator_factory import validator_factory
from trestle.oscal import OSCAL_VERSION
from trestle.oscal.assessment_results import AssessmentResults

path = pathlib.Path(sys.argv[1])
results = AssessmentResults.oscal_read(path)
if results is None:
    sys.exit("no assessment results")
for validator in validator_factory.get_all():
    if not validator.model_is_valid(results, True, path.parent):
        sys.exit(f"{type(validator).__name__}: {validator.error_msg()}")

metadata = results.metadata
version = metadata.oscal_version.__root__
if version != OSCAL_VERSION:
    sys.exit(f"OSCAL {version}, and this reads {OSCAL_VERSION}")
known = {party.uuid: party.name for party in metadata.parties}
result = results.results[0]
seen = {observation.uuid: observation for observation in result.observations or []}
risks = {risk.uuid: risk for risk in result.risks or []}


def finding(one):
    """What one finding says, its references resolved."""
    return {
        "state": one.target.status.state.value,
        "reason": str(getattr(one.target.status.reason, "value", one.target.status.reason)),
        "methods": sorted(
            str(getattr(method, "value", method))
            for related in one.related_observations or []
            for method in seen[related.observation_uuid].methods
        ),
        "risks": [
            str(getattr(status, "value", getattr(status, "__root__", status)))
            for related in one.related_risks or []
            for status in [risks[related.risk_uuid].status.__root__]
        ],
    }


selected = result.reviewed_controls.control_selections[0].include_controls or []
json.dump(
    {
        "uuid": results.uuid,
        "actions": [
            {
                "type": action.type,
                "system": str(action.system),
                "role": action.responsible_parties[0].role_id,
                "by": known[action.responsible_parties[0].party_uuids[0]],
                "date": action.date.isoformat(),
            }
            for action in metadata.actions or []
        ],
        "controls": [control.control_id for control in selected],
        "findings": {one.target.target_id: finding(one) for one in result.findings},
        "deadlines": [risk.deadline.isoformat() for risk in risks.values()],
        "collected": [one.collected.isoformat() for one in seen.values()],
    },
    sys.stdout,
)
