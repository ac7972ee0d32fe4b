-- The audit trail becomes a chain: each sealed entry has a number and a MAC over the MAC before it, under a key
-- that is not in this database. Entries are inserted unsealed, so that nobody waits for anybody.

-- `personal` is what erasure takes away (with its salt); its salted digest stays, and is what is sealed.
ALTER TABLE audit ADD COLUMN personal {TEXT};
ALTER TABLE audit ADD COLUMN personal_salt {BYTES};
ALTER TABLE audit ADD COLUMN personal_digest {BYTES};
-- The entry's number in the chain, once it has one.
ALTER TABLE audit ADD COLUMN sealed_no {INT} CHECK (sealed_no > 0);

-- What the sealer has yet to do. Not `id > last`: an entry that commits late would be skipped.
CREATE INDEX audit_unsealed ON audit (at, id) WHERE sealed_no IS NULL;

CREATE TABLE audit_chain (
    no {INT} NOT NULL PRIMARY KEY CHECK (no > 0),
    entry {UUID} NOT NULL UNIQUE,
    mac {BYTES} NOT NULL
) {STRICT};
