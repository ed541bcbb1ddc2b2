-- The spells of a security begin in 1900 at a factor of 1 and follow each other without a hole.
-- fails after:
delete from core.split_regime where valid_from = date '1900-01-01';
select security.security_id, spell.valid_from, spell.price_factor
from core.security as security
left join core.split_regime as spell on spell.security_id = security.security_id
qualify coalesce(
    case
        when row_number() over (partition by security.security_id order by spell.valid_from) = 1
            then spell.valid_from <> date '1900-01-01' or spell.price_factor <> 1 or spell.share_factor <> 1
        else spell.valid_from <> lag(spell.valid_to) over (partition by security.security_id order by spell.valid_from)
    end, true
)
