-- People, rooms and their logs. `room_log` is the truth of a room; `messages` and `members` follow from it.

-- What belongs to the database as a whole: its history epoch, and what it is bound to.
CREATE TABLE meta (
    key {TEXT} NOT NULL PRIMARY KEY,
    value {TEXT} NOT NULL
) {STRICT};

CREATE TABLE users_all (
    id {UUID} NOT NULL PRIMARY KEY,
    username {TEXT} NOT NULL UNIQUE,
    email_cipher {BYTES},
    email_key {BYTES} UNIQUE,
    password_hash {TEXT},
    display_name {TEXT} NOT NULL,
    role {TEXT} NOT NULL,
    email_verified_at {INT},
    suspended_at {INT},
    created_at {INT} NOT NULL,
    deleted_at {INT}
) {STRICT};

CREATE VIEW users AS
SELECT id, username, email_cipher, email_key, password_hash, display_name, role, email_verified_at, suspended_at, created_at
FROM users_all WHERE deleted_at IS NULL;

-- `top`, `last_at` and `member_count` change under the room's row lock, in the transaction of the log row.
CREATE TABLE rooms_all (
    id {UUID} NOT NULL PRIMARY KEY,
    kind {TEXT} NOT NULL CHECK (kind IN ('direct', 'group', 'room', 'personal')),
    title {TEXT},
    top {INT} NOT NULL CHECK (top >= 0),
    member_count {INT} NOT NULL,
    created_by {UUID} NOT NULL REFERENCES users_all (id),
    created_at {INT} NOT NULL,
    last_at {INT} NOT NULL,
    deleted_at {INT}
) {STRICT};

-- The list of public rooms. None of its columns changes with a message.
CREATE INDEX rooms_all_public ON rooms_all (created_at, id) WHERE kind = 'room';

CREATE VIEW rooms AS
SELECT id, kind, title, top, member_count, created_by, created_at, last_at
FROM rooms_all WHERE deleted_at IS NULL;

-- Who belongs to a room. `from_seq` is the first number this member may see, `read_seq` the read mark.
CREATE TABLE members (
    room {UUID} NOT NULL REFERENCES rooms_all (id),
    user_id {UUID} NOT NULL REFERENCES users_all (id),
    role {TEXT} NOT NULL CHECK (role IN ('member', 'moderator', 'owner')),
    from_seq {INT} NOT NULL,
    joined_seq {INT} NOT NULL,
    read_seq {INT} NOT NULL,
    joined_at {INT} NOT NULL,
    PRIMARY KEY (room, user_id)
) {STRICT};

CREATE INDEX members_of_user ON members (user_id);
CREATE INDEX members_in_order ON members (room, joined_seq, user_id);

-- One row for each number of a room; never removed, only blanked. `subject` is whom it is about;
-- `told_room` and `told_user` are the room that a personal room tells of and the other person in it.
--
-- The log and its messages have no foreign keys: each row is written under the room's lock, from a room
-- and an author read there and never removed, and on Postgres the checks cost as much as the rows.
CREATE TABLE room_log (
    room {UUID} NOT NULL,
    seq {INT} NOT NULL CHECK (seq > 0),
    kind {TEXT} NOT NULL,
    target_seq {INT},
    author {UUID} NOT NULL,
    cmid {UUID},
    fingerprint {BYTES},
    at {INT} NOT NULL,
    subject {UUID},
    told_room {UUID},
    told_user {UUID},
    data {TEXT},
    PRIMARY KEY (room, seq),
    UNIQUE (room, author, cmid)
) {STRICT};

-- Today's state of what was said. The text stands here and nowhere else.
CREATE TABLE messages (
    room {UUID} NOT NULL,
    seq {INT} NOT NULL,
    author {UUID} NOT NULL,
    body {TEXT},
    reply_to {INT},
    rev {INT} NOT NULL,
    created_at {INT} NOT NULL,
    edited_at {INT},
    deleted_at {INT},
    PRIMARY KEY (room, seq)
) {STRICT};

-- Who did what with power over others, or at the door.
CREATE TABLE audit (
    id {UUID} NOT NULL PRIMARY KEY,
    at {INT} NOT NULL,
    actor {TEXT},
    action {TEXT} NOT NULL,
    target {TEXT},
    outcome {TEXT} NOT NULL,
    detail {TEXT}
) {STRICT};

CREATE INDEX audit_by_time ON audit (at);
