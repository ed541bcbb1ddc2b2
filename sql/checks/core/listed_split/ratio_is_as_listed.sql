-- The ratio that is used is the listed one but for a vendor's rounding, and one that is left out says why.
-- fails after:
update core.listed_split set ratio = 1 / ratio;
select security_id, ex_session, listed_ratio, ratio
from core.listed_split
where not (ratio > 0 and isfinite(ratio) and abs(ratio / listed_ratio - 1) <= 0.1)
    or (quarantine_reason is not null) <> (ratio < 1 and not is_true_split)
