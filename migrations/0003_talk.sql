-- What members do beyond speaking: edits, reactions, roles, order.

-- When a member last spoke under slow mode, or joined.
ALTER TABLE members ADD COLUMN spoke_at {INT} NOT NULL DEFAULT 0;

-- The pause between two messages of a member, seconds; 0 is none.
ALTER TABLE rooms_all ADD COLUMN slow_mode {INT} NOT NULL DEFAULT 0;

DROP VIEW rooms;
CREATE VIEW rooms AS
SELECT id, kind, title, top, member_count, slow_mode, created_by, created_at, last_at
FROM rooms_all WHERE deleted_at IS NULL;

-- What holds for a person in a room, member or not: it outlasts the membership.
CREATE TABLE restrictions (
    room {UUID} NOT NULL,
    user_id {UUID} NOT NULL,
    muted_until {INT},
    banned {INT} NOT NULL CHECK (banned IN (0, 1)),
    changed_at {INT} NOT NULL,
    PRIMARY KEY (room, user_id)
) {STRICT};

CREATE INDEX restrictions_banned ON restrictions (room, changed_at) WHERE banned = 1;

-- Who has put which emoji to which message.
CREATE TABLE reactions (
    room {UUID} NOT NULL,
    seq {INT} NOT NULL,
    emoji {TEXT} NOT NULL,
    user_id {UUID} NOT NULL,
    PRIMARY KEY (room, seq, emoji, user_id)
) {STRICT};
