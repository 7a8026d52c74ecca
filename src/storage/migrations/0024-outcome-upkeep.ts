import type { MigrationText } from './migration.ts'

/**
 * Bodies of webhook deliveries do not stay for ever: `body_gone_at` says since when there is none, and the row stays.
 * `tallies` counts signals and receipts as they come, by triggers, so that monitoring reads a few rows whatever is
 * stored; the name `*` is everybody. What experiments miss is counted by an index of its own.
 */
export const outcomeUpkeep: MigrationText = {
  name: 'outcome_upkeep',
  sqlite: `
ALTER TABLE webhook_receipts ADD COLUMN body_gone_at TEXT;
ALTER TABLE webhook_receipts ADD COLUMN body_gone_why TEXT CHECK (body_gone_why IN ('expired', 'erased'));
CREATE INDEX webhook_receipts_with_body ON webhook_receipts (received_at, id)
  WHERE body_gone_at IS NULL AND state <> 'received';
CREATE INDEX experiment_commits_missing ON experiment_commits (experiment_id, late_value) WHERE missing = 1;
CREATE TABLE tallies (
  what TEXT NOT NULL CHECK (what IN ('signals', 'receipts')),
  name TEXT NOT NULL,
  state TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (what, name, state)
) STRICT;
CREATE INDEX tallies_by_count ON tallies (what, count, name);
INSERT INTO tallies (what, name, state, count)
  SELECT 'signals', source, CASE WHEN unmatched_reason IS NOT NULL THEN 'unmatched' WHEN session_id IS NOT NULL THEN 'session' ELSE 'without_session' END, count(*)
  FROM outcome_signals GROUP BY 2, 3;
INSERT INTO tallies (what, name, state, count)
  SELECT 'receipts', source_id, state, count(*) FROM webhook_receipts GROUP BY 2, 3;
INSERT INTO tallies (what, name, state, count)
  SELECT what, '*', state, sum(count) FROM tallies GROUP BY 1, 3;
CREATE TRIGGER outcome_signals_tallied AFTER INSERT ON outcome_signals BEGIN
  INSERT INTO tallies (what, name, state, count) VALUES
    ('signals', NEW.source, CASE WHEN NEW.unmatched_reason IS NOT NULL THEN 'unmatched' WHEN NEW.session_id IS NOT NULL THEN 'session' ELSE 'without_session' END, 1),
    ('signals', '*', CASE WHEN NEW.unmatched_reason IS NOT NULL THEN 'unmatched' WHEN NEW.session_id IS NOT NULL THEN 'session' ELSE 'without_session' END, 1)
    ON CONFLICT (what, name, state) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER outcome_signals_retallied AFTER UPDATE OF session_id, unmatched_reason ON outcome_signals BEGIN
  UPDATE tallies SET count = count - 1 WHERE what = 'signals' AND name IN (OLD.source, '*')
    AND state = CASE WHEN OLD.unmatched_reason IS NOT NULL THEN 'unmatched' WHEN OLD.session_id IS NOT NULL THEN 'session' ELSE 'without_session' END;
  INSERT INTO tallies (what, name, state, count) VALUES
    ('signals', NEW.source, CASE WHEN NEW.unmatched_reason IS NOT NULL THEN 'unmatched' WHEN NEW.session_id IS NOT NULL THEN 'session' ELSE 'without_session' END, 1),
    ('signals', '*', CASE WHEN NEW.unmatched_reason IS NOT NULL THEN 'unmatched' WHEN NEW.session_id IS NOT NULL THEN 'session' ELSE 'without_session' END, 1)
    ON CONFLICT (what, name, state) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER webhook_receipts_tallied AFTER INSERT ON webhook_receipts BEGIN
  INSERT INTO tallies (what, name, state, count) VALUES
    ('receipts', NEW.source_id, NEW.state, 1), ('receipts', '*', NEW.state, 1)
    ON CONFLICT (what, name, state) DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER webhook_receipts_retallied AFTER UPDATE OF state ON webhook_receipts WHEN OLD.state <> NEW.state BEGIN
  UPDATE tallies SET count = count - 1 WHERE what = 'receipts' AND name IN (OLD.source_id, '*') AND state = OLD.state;
  INSERT INTO tallies (what, name, state, count) VALUES
    ('receipts', NEW.source_id, NEW.state, 1), ('receipts', '*', NEW.state, 1)
    ON CONFLICT (what, name, state) DO UPDATE SET count = count + 1;
END;
`,
  postgres: `
ALTER TABLE webhook_receipts ADD COLUMN body_gone_at text COLLATE "C";
ALTER TABLE webhook_receipts ADD COLUMN body_gone_why text COLLATE "C" CHECK (body_gone_why IN ('expired', 'erased'));
CREATE INDEX webhook_receipts_with_body ON webhook_receipts (received_at, id)
  WHERE body_gone_at IS NULL AND state <> 'received';
CREATE INDEX experiment_commits_missing ON experiment_commits (experiment_id, late_value) WHERE missing = 1;
CREATE TABLE tallies (
  what text COLLATE "C" NOT NULL CHECK (what IN ('signals', 'receipts')),
  name text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL,
  count bigint NOT NULL,
  PRIMARY KEY (what, name, state)
);
CREATE INDEX tallies_by_count ON tallies (what, count, name);
INSERT INTO tallies (what, name, state, count)
  SELECT 'signals', source, CASE WHEN unmatched_reason IS NOT NULL THEN 'unmatched' WHEN session_id IS NOT NULL THEN 'session' ELSE 'without_session' END, count(*)
  FROM outcome_signals GROUP BY 2, 3;
INSERT INTO tallies (what, name, state, count)
  SELECT 'receipts', source_id, state, count(*) FROM webhook_receipts GROUP BY 2, 3;
INSERT INTO tallies (what, name, state, count)
  SELECT what, '*', state, sum(count) FROM tallies GROUP BY 1, 3;
CREATE FUNCTION tally(what_ text, name_ text, state_ text, by_ bigint) RETURNS void LANGUAGE sql AS $$
  INSERT INTO tallies (what, name, state, count) VALUES (what_, name_, state_, by_), (what_, '*', state_, by_)
    ON CONFLICT (what, name, state) DO UPDATE SET count = tallies.count + by_;
$$;
CREATE FUNCTION tally_signal() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'UPDATE' THEN
    PERFORM tally('signals', OLD.source, CASE WHEN OLD.unmatched_reason IS NOT NULL THEN 'unmatched' WHEN OLD.session_id IS NOT NULL THEN 'session' ELSE 'without_session' END, -1);
  END IF;
  PERFORM tally('signals', NEW.source, CASE WHEN NEW.unmatched_reason IS NOT NULL THEN 'unmatched' WHEN NEW.session_id IS NOT NULL THEN 'session' ELSE 'without_session' END, 1);
  RETURN NULL;
END $$;
CREATE TRIGGER outcome_signals_tallied AFTER INSERT OR UPDATE OF session_id, unmatched_reason ON outcome_signals
  FOR EACH ROW EXECUTE FUNCTION tally_signal();
CREATE FUNCTION tally_receipt() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'UPDATE' THEN
    PERFORM tally('receipts', OLD.source_id, OLD.state, -1);
  END IF;
  PERFORM tally('receipts', NEW.source_id, NEW.state, 1);
  RETURN NULL;
END $$;
CREATE TRIGGER webhook_receipts_tallied AFTER INSERT OR UPDATE OF state ON webhook_receipts
  FOR EACH ROW EXECUTE FUNCTION tally_receipt();
`,
}
