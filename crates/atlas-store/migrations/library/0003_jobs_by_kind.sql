-- Kinds of job that rest are passed over, by what the indexes say alone.
DROP INDEX job_ready;
CREATE INDEX job_ready ON job (priority, run_at, id, group_key, suspect, kind) WHERE state = 'ready';
DROP INDEX job_due;
CREATE INDEX job_due ON job (run_at, user_id, kind) WHERE state = 'ready';
