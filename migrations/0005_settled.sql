-- Writes that found everything as they asked for: they took no number, and their marks are kept all the same, so
-- that the same write, sent again after something changed, is not carried out. `top` was the room's last number.
CREATE TABLE settled (
    room {UUID} NOT NULL,
    author {UUID} NOT NULL,
    cmid {UUID} NOT NULL,
    top {INT} NOT NULL,
    at {INT} NOT NULL,
    fingerprint {BYTES} NOT NULL,
    PRIMARY KEY (room, author, cmid)
) {STRICT};
