-- People who sign in: their sessions, links in mail, tickets, and how often they try.

-- One row for each device that is signed in. `n` is the newest refresh token of the family.
CREATE TABLE sign_ins (
    id         {UUID} NOT NULL PRIMARY KEY,
    user_id    {UUID} NOT NULL REFERENCES users_all (id),
    n          {INT}  NOT NULL,
    n_since    {INT}  NOT NULL,
    device     {TEXT},
    created_at {INT}  NOT NULL,
    seen_at    {INT}  NOT NULL,
    expires_at {INT}  NOT NULL,
    ended_at   {INT},
    ended_why  {TEXT}
) {STRICT};
CREATE INDEX sign_ins_by_user ON sign_ins (user_id) WHERE ended_at IS NULL;

-- Tokens of verification mails, as SHA-256.
CREATE TABLE mail_tokens (
    hash       {BYTES} NOT NULL PRIMARY KEY,
    user_id    {UUID}  NOT NULL REFERENCES users_all (id),
    created_at {INT}   NOT NULL,
    expires_at {INT}   NOT NULL,
    used_at    {INT}
) {STRICT};
CREATE INDEX mail_tokens_by_end ON mail_tokens (expires_at);

-- Names kept free for a day although no account has them.
CREATE TABLE name_holds (
    username   {TEXT} NOT NULL PRIMARY KEY,
    held_until {INT}  NOT NULL
) {STRICT};

-- WebSocket tickets, as SHA-256.
CREATE TABLE tickets (
    hash       {BYTES} NOT NULL PRIMARY KEY,
    sign_in    {UUID}  NOT NULL REFERENCES sign_ins (id),
    expires_at {INT}   NOT NULL,
    used_at    {INT}
) {STRICT};
CREATE INDEX tickets_by_end ON tickets (expires_at);

-- Uses of a limited action by a subject (a keyed digest) in the window that ends at `ends_at`.
CREATE TABLE limits (
    action  {TEXT}  NOT NULL,
    subject {BYTES} NOT NULL,
    used    {INT}   NOT NULL,
    ends_at {INT}   NOT NULL,
    PRIMARY KEY (action, subject)
) {STRICT};
CREATE INDEX limits_by_end ON limits (ends_at);
