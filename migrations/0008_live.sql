-- Live sessions of quizzes. `content` is the quiz as it was frozen for the session, `game` where it stands: a
-- projection of `live_log`, whose `rev` is the session's sequence.
CREATE TABLE live_sessions (
    room {UUID} NOT NULL PRIMARY KEY,
    quiz {UUID} NOT NULL,
    owner {UUID} NOT NULL,
    conversation {UUID},
    title {TEXT} NOT NULL,
    language {TEXT},
    content {TEXT} NOT NULL,
    game {TEXT} NOT NULL,
    rev {INT} NOT NULL CHECK (rev >= 0),
    -- Which server runs its timers, in which term; `beat` rises while it does.
    term {INT} NOT NULL,
    node {UUID},
    beat {INT} NOT NULL,
    elapsed_ms {INT} NOT NULL,
    -- Gap-free counters, raised under the lock of this row.
    answers {INT} NOT NULL,
    numbers {INT} NOT NULL,
    playing {INT} NOT NULL,
    changes {INT} NOT NULL,
    pin {TEXT},
    link_hash {BYTES} NOT NULL,
    created_at {INT} NOT NULL,
    ended_at {INT}
) {STRICT};

-- A PIN is one session's alone, and is free again some time after its end.
CREATE UNIQUE INDEX live_sessions_pin_key ON live_sessions (pin) WHERE pin IS NOT NULL;
CREATE UNIQUE INDEX live_sessions_link_hash_key ON live_sessions (link_hash);
CREATE INDEX live_sessions_running ON live_sessions (room) WHERE ended_at IS NULL;
CREATE INDEX live_sessions_of_owner ON live_sessions (owner, created_at, room);
CREATE INDEX live_sessions_of_quiz ON live_sessions (quiz, created_at, room);

-- Every step, in order without a hole.
CREATE TABLE live_log (
    room {UUID} NOT NULL,
    rev {INT} NOT NULL CHECK (rev > 0),
    kind {TEXT} NOT NULL,
    author {UUID} NOT NULL,
    cmid {UUID} NOT NULL,
    fingerprint {BYTES} NOT NULL,
    q {INT} NOT NULL,
    round {INT} NOT NULL,
    at {INT} NOT NULL,
    PRIMARY KEY (room, rev),
    UNIQUE (room, author, cmid)
) {STRICT};

-- Measures: they take no number, and each is carried out once.
CREATE TABLE live_marks (
    room {UUID} NOT NULL,
    author {UUID} NOT NULL,
    cmid {UUID} NOT NULL,
    kind {TEXT} NOT NULL,
    fingerprint {BYTES} NOT NULL,
    at {INT} NOT NULL,
    PRIMARY KEY (room, author, cmid)
) {STRICT};

CREATE TABLE live_hosts (
    room {UUID} NOT NULL,
    user_id {UUID} NOT NULL,
    role {TEXT} NOT NULL CHECK (role IN ('owner', 'cohost', 'moderator')),
    PRIMARY KEY (room, user_id)
) {STRICT};

-- Big screens that may show a session.
CREATE TABLE live_screens (
    room {UUID} NOT NULL,
    screen {UUID} NOT NULL,
    created_at {INT} NOT NULL,
    PRIMARY KEY (room, screen)
) {STRICT};

-- `change` is the number of the last change among those of all players of the session: whoever keeps them in memory
-- reads on from there.
CREATE TABLE live_players (
    room {UUID} NOT NULL,
    player {UUID} NOT NULL,
    kind {TEXT} NOT NULL CHECK (kind IN ('user', 'guest')),
    no {INT} NOT NULL,
    name {TEXT} NOT NULL,
    skeleton {TEXT} NOT NULL,
    team {INT},
    factor {INT} NOT NULL,
    state {TEXT} NOT NULL CHECK (state IN ('active', 'left', 'kicked', 'banned')),
    joined_at {INT} NOT NULL,
    joined_q {INT} NOT NULL,
    change {INT} NOT NULL,
    PRIMARY KEY (room, player)
) {STRICT};

CREATE UNIQUE INDEX live_players_room_skeleton_key ON live_players (room, skeleton) WHERE state = 'active';
CREATE INDEX live_players_changed ON live_players (room, change);
CREATE INDEX live_players_in_teams ON live_players (room, team) WHERE team IS NOT NULL;

-- What was answered. `no` counts all answers of a session without a hole, `n` the changes of one.
CREATE TABLE live_answers (
    room {UUID} NOT NULL,
    q {INT} NOT NULL,
    round {INT} NOT NULL,
    player {UUID} NOT NULL,
    n {INT} NOT NULL,
    kind {TEXT} NOT NULL CHECK (kind IN ('user', 'guest')),
    no {INT} NOT NULL,
    aid {UUID} NOT NULL,
    given {TEXT} NOT NULL,
    raw_ms {INT} NOT NULL,
    t_ms {INT} NOT NULL,
    at {INT} NOT NULL,
    PRIMARY KEY (room, q, round, player, n)
) {STRICT};

CREATE UNIQUE INDEX live_answers_room_no_key ON live_answers (room, no);

-- What each server that has people of a session says of them, and up to which revision it has handed in what it had.
CREATE TABLE live_nodes (
    room {UUID} NOT NULL,
    node {UUID} NOT NULL,
    rev {INT} NOT NULL,
    drained {INT} NOT NULL,
    expected {INT} NOT NULL,
    answered {INT} NOT NULL,
    hosts {INT} NOT NULL,
    connected {INT} NOT NULL,
    beat {INT} NOT NULL,
    PRIMARY KEY (room, node)
) {STRICT};
