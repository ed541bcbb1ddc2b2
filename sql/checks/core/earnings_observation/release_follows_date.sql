-- A release counts from the session of its date or a later one, and the market cannot react after the release is known.
-- fails after:
update core.earnings_observation set release_session = announced_on - 10;

select event_id, observed_on, announced_on, release_session, reaction_session
from core.earnings_observation
where release_session < announced_on or reaction_session > release_session
