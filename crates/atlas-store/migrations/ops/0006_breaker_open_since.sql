-- Since when a breaker has not been closed, whatever was tried meanwhile: `since` begins anew with each try.
ALTER TABLE breaker ADD COLUMN open_since INTEGER;
UPDATE breaker SET open_since = since WHERE state <> 'closed';
