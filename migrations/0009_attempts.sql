-- How a quiz is taken alone, as its author has it; without a row as it usually is.
CREATE TABLE attempt_rules (
    quiz {UUID} NOT NULL PRIMARY KEY REFERENCES quizzes_all (id),
    rules {TEXT} NOT NULL
) {STRICT};

-- Attempts: a quiz taken alone. `content` is the quiz as it was frozen at the beginning, keys and all, `rules` those that
-- held then. An attempt whose `deadline_at` is over has ended, whatever `state` says.
CREATE TABLE attempts_all (
    id {UUID} NOT NULL PRIMARY KEY,
    quiz {UUID} NOT NULL REFERENCES quizzes_all (id),
    who {UUID} NOT NULL REFERENCES users_all (id),
    -- The first, the second of this person, from 1.
    no {INT} NOT NULL CHECK (no > 0),
    title {TEXT} NOT NULL,
    content {TEXT} NOT NULL,
    rules {TEXT} NOT NULL,
    state {TEXT} NOT NULL CHECK (state IN ('in_progress', 'submitted', 'auto_submitted', 'abandoned')),
    started_at {INT} NOT NULL,
    deadline_at {INT},
    ended_at {INT},
    -- What it came to, once it has ended: follows from its answers.
    points {INT},
    most {INT},
    correct {INT},
    scored {INT},
    deleted_at {INT}
) {STRICT};

CREATE UNIQUE INDEX attempts_all_quiz_who_no_key ON attempts_all (quiz, who, no);
CREATE UNIQUE INDEX attempts_all_quiz_who_running_key ON attempts_all (quiz, who) WHERE state = 'in_progress';
CREATE INDEX attempts_all_own ON attempts_all (who, started_at, id) WHERE deleted_at IS NULL;

CREATE VIEW attempts AS
SELECT id, quiz, who, no, title, content, rules, state, started_at, deadline_at, ended_at, points, most, correct, scored
FROM attempts_all WHERE deleted_at IS NULL;

-- Every answer that was taken; of each question the one with the highest `n` counts.
CREATE TABLE attempt_answers (
    attempt {UUID} NOT NULL REFERENCES attempts_all (id),
    q {INT} NOT NULL,
    n {INT} NOT NULL,
    cmid {UUID} NOT NULL,
    given {TEXT} NOT NULL,
    at {INT} NOT NULL,
    CONSTRAINT attempt_answers_pkey PRIMARY KEY (attempt, q, n),
    CONSTRAINT attempt_answers_attempt_cmid_key UNIQUE (attempt, cmid)
) {STRICT};
