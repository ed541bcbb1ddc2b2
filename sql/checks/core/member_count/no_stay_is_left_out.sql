-- Of the last session no stay is left out of the count but that of a line that has ended.
-- fails after:
update core.member_count set n_expected = 0;
select count.universe_id, count.session
from core.member_count as count
where count.session = $last
    and count.n_expected < (
        select count(*)
        from core.membership as stay
        left join core.line as line on line.security_id = stay.security_id
        where stay.universe_id = count.universe_id
            and stay.valid_from <= count.session and (stay.valid_to is null or count.session < stay.valid_to)
            and (line.valid_to is null or count.session < line.valid_to)
    );
