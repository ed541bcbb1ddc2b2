"""What a release says otherwise of closed history than the release before it, and because of what.

causes       what landed, left or was rewritten since, and from which session on it may matter
differences  rows of closed history that are not what they were
log          the two put together: ops.change_cause and ops.change_log

The older release is attached as ``prior``, read-only, beside the working warehouse ``rotation``.
"""

from rotation_pipeline.warehouse.history.log import Recorded, record

__all__ = ["Recorded", "record"]
