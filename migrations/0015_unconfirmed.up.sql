-- Texts that a gateway took and has said no more of, and wishes that limits refused: people are told of both.
CREATE INDEX texts_unconfirmed ON texts (delivery_at) WHERE check_at IS NOT NULL AND delivery IN ('queued', 'unclear');
CREATE INDEX inbound_over_limit ON inbound (decided_at) WHERE decision = 'too many';
-- What was refused before this step counts as looked at.
INSERT INTO looked (what, at, by, why)
SELECT 'over-limit', max(decided_at), '', 'before this was kept' FROM inbound WHERE decision = 'too many' HAVING max(decided_at) IS NOT NULL;
