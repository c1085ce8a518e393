"""What people decide about a version."""

from typing import Literal, TypeAlias, get_args

Status: TypeAlias = Literal["PendingManualApproval", "Approved", "Rejected"]
"""The three states of a version.

Source:
    `ModelApprovalStatus` of SageMaker's model registry.
"""

PENDING: Status = "PendingManualApproval"
APPROVED: Status = "Approved"
REJECTED: Status = "Rejected"
STATUSES: tuple[Status, ...] = get_args(Status)

CHAMPION = "champion"
"""The alias of the version that is served: the one deployed last that is not rejected."""
CHALLENGER = "challenger"
"""The alias of the newest version after the champion that is not rejected."""
