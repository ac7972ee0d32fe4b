-- Quizzes as their authors keep them. `content` is the whole, keys and all, as JSON; what stands beside it is for
-- lists, and follows from it. `topic_key` is the topic without capitals and marks.
CREATE TABLE quizzes_all (
    id {UUID} NOT NULL PRIMARY KEY,
    owner {UUID} NOT NULL REFERENCES users_all (id),
    slug {TEXT} NOT NULL,
    title {TEXT} NOT NULL,
    description {TEXT} NOT NULL,
    topic {TEXT} NOT NULL,
    topic_key {TEXT} NOT NULL,
    difficulty {TEXT} NOT NULL CHECK (difficulty IN ('beginner', 'intermediate', 'advanced')),
    minutes {INT} NOT NULL,
    language {TEXT},
    image {TEXT},
    content {TEXT} NOT NULL,
    -- Of what it was made from: the same creation, sent again, is known by it.
    made_of {BYTES} NOT NULL,
    question_count {INT} NOT NULL,
    rev {INT} NOT NULL CHECK (rev > 0),
    published_at {INT},
    created_at {INT} NOT NULL,
    updated_at {INT} NOT NULL,
    deleted_at {INT}
) {STRICT};

-- A slug is free again once its quiz is deleted.
CREATE UNIQUE INDEX quizzes_all_owner_slug_key ON quizzes_all (owner, slug) WHERE deleted_at IS NULL;
CREATE INDEX quizzes_all_own ON quizzes_all (owner, updated_at, id) WHERE deleted_at IS NULL;
CREATE INDEX quizzes_all_published ON quizzes_all (published_at, id) WHERE deleted_at IS NULL AND published_at IS NOT NULL;
CREATE INDEX quizzes_all_by_topic ON quizzes_all (topic_key, published_at, id) WHERE deleted_at IS NULL AND published_at IS NOT NULL;
CREATE INDEX quizzes_all_by_difficulty ON quizzes_all (difficulty, published_at, id)
    WHERE deleted_at IS NULL AND published_at IS NOT NULL;

CREATE VIEW quizzes AS
SELECT id, owner, slug, title, description, topic, topic_key, difficulty, minutes, language, image, content, made_of,
    question_count, rev, published_at, created_at, updated_at
FROM quizzes_all WHERE deleted_at IS NULL;

-- The words of title, topic and description, made by `domain::text` and separated by blanks: nothing else is indexed,
-- and nothing of a question. A row is there as long as its quiz is live.
-- only: sqlite
CREATE TABLE quiz_words (
    no INTEGER PRIMARY KEY,
    quiz BLOB NOT NULL UNIQUE REFERENCES quizzes_all (id),
    words TEXT NOT NULL
) STRICT;

-- Of what is no letter of ASCII each character belongs to a word: the words stay as they were made.
CREATE VIRTUAL TABLE quiz_index USING fts5 (words, content = 'quiz_words', content_rowid = 'no', tokenize = 'ascii');

CREATE TRIGGER quiz_words_added AFTER INSERT ON quiz_words BEGIN
    INSERT INTO quiz_index (rowid, words) VALUES (new.no, new.words);
END;

CREATE TRIGGER quiz_words_removed AFTER DELETE ON quiz_words BEGIN
    INSERT INTO quiz_index (quiz_index, rowid, words) VALUES ('delete', old.no, old.words);
END;

CREATE TRIGGER quiz_words_changed AFTER UPDATE ON quiz_words BEGIN
    INSERT INTO quiz_index (quiz_index, rowid, words) VALUES ('delete', old.no, old.words);
    INSERT INTO quiz_index (rowid, words) VALUES (new.no, new.words);
END;

-- only: postgres
CREATE TABLE quiz_words (
    quiz UUID NOT NULL PRIMARY KEY REFERENCES quizzes_all (id),
    words TEXT COLLATE "C" NOT NULL,
    vector TSVECTOR GENERATED ALWAYS AS (array_to_tsvector(string_to_array(words, ' '))) STORED
);

CREATE INDEX quiz_words_vector ON quiz_words USING GIN (vector);
-- both
