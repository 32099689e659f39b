-- A notice that may have arrived, of a message that was given up, has something left too: it comes back with that message
-- once its channel works again. The index of what a start takes up must know of it.

DROP INDEX notice_with_something_left;
CREATE INDEX notice_with_something_left ON notice (made_at, incident, channel, ordinal)
    WHERE state = 'waiting' OR state = 'held' OR state = 'delivering' OR state = 'dead' OR state = 'unknown_fate';
