"""Keep libraries from reporting their use over the network."""

import sys

_OPENVINO = "openvino_telemetry"


def leave_out_telemetry() -> None:
    """Let OpenVINO and NNCF find no package to report with; call it before they are imported.

    OpenVINO reports each import of it to a service on the Internet, from a process that a thread
    forks. A fork while another thread imports can also block both for ever.
    """
    sys.modules.setdefault(_OPENVINO, None)  # type: ignore[arg-type]
