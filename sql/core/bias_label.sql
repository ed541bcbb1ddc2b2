-- One row is one bias label: what it says of the membership that a row rests on, and how bad that is (B.7).
--
-- This is the only order of labels. A row that rests on several has the worst: max_by(bias_label, badness) over a join on the label.
-- A fund's own return claims nothing about membership, so ETF is under all others: beside a row with a claim, the claim's label stays.
-- key: bias_label
create table core.bias_label (
    bias_label varchar not null,        -- the label
    badness integer not null,           -- its rank, the larger the worse; no two labels share one
    meaning varchar not null            -- when a row has it
);

insert into core.bias_label by name
select label.bias_label, label.badness, label.meaning
from (values
    ('ETF', 0, 'the own return of a fund; no claim about membership'),
    ('PIT_FULL', 1, 'dated membership; prices of at least bias.full of the expected members'),
    ('PIT_PARTIAL', 2, 'dated membership; prices of at least bias.partial of the expected members'),
    ('PIT_SPARSE', 3, 'dated membership; prices of fewer: not to be compared over time'),
    ('CURRENT_LIST', 4, 'the members of today, applied to the past'),
    ('HINDSIGHT_SELECTED', 5, 'chosen for what it did later')
) as label (bias_label, badness, meaning);
