-- Who changed what a site decides, when and why.
CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.process FOR EACH ROW EXECUTE FUNCTION portfolio.record_change();
CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.gate FOR EACH ROW EXECUTE FUNCTION portfolio.record_change();
CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.gate_setting FOR EACH ROW EXECUTE FUNCTION portfolio.record_change();
CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.criterion FOR EACH ROW EXECUTE FUNCTION portfolio.record_change();
CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.check_definition FOR EACH ROW EXECUTE FUNCTION portfolio.record_change();
CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.check_setting FOR EACH ROW EXECUTE FUNCTION portfolio.record_change();
CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.fact FOR EACH ROW EXECUTE FUNCTION portfolio.record_change();
CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.deadline_setting FOR EACH ROW EXECUTE FUNCTION portfolio.record_change();
CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.database_target FOR EACH ROW EXECUTE FUNCTION portfolio.record_change('element');
-- Of a finding, what people did; runs change none of these columns.
CREATE TRIGGER record_change AFTER UPDATE ON portfolio.finding
  FOR EACH ROW WHEN ((OLD.accepted_until, OLD.reason, OLD.owner, OLD.due_on, OLD.next_step)
                     IS DISTINCT FROM (NEW.accepted_until, NEW.reason, NEW.owner, NEW.due_on, NEW.next_step))
  EXECUTE FUNCTION portfolio.record_change('element');
